"""From `smtp_url` to the way to a mail server.

Source: docs/reference/settings.md.
"""

from typing import Protocol

from troth.errors import BadSetting, Refused
from troth.journeys.mail import Mailer, check_address
from troth.settings import Settings

__all__ = ["ClosingMailer", "open_mailer"]


class ClosingMailer(Mailer, Protocol):
    """A mailer that has a thread of its own."""

    def close(self) -> None:
        """Begin nothing any more."""
        ...


def open_mailer(settings: Settings) -> ClosingMailer | None:
    """The way out, or None where none is set up.

    Raises:
        BadSetting: it is no address of a mail server, or nobody is named as who writes.
    """
    if settings.smtp_url is None:
        return None
    try:
        sender = check_address(settings.mail_from or "")
        if settings.operator_mail is not None:
            check_address(settings.operator_mail)
    except Refused as cause:
        raise BadSetting("mail_from and operator_mail are mail addresses", hint="As troth@example.org.") from cause
    from troth.adapters.mail_smtp import SmtpMailer

    return SmtpMailer(settings.smtp_url, sender=sender, base_url=settings.url)
