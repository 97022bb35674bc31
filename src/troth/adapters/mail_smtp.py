"""The way to a mail server: one letter, one connection, on a thread of its own.

Rules
- Over `smtps:` TLS comes first, over `smtp:` it is asked for (STARTTLS) before anything is said; the server's certificate is
  checked. In the clear only to this computer, where no other reads it.
- A refusal for good (5xx) of a letter is Refused; everything else, also a login that fails, is Unavailable and tried again.
- A letter has the same Message-ID whenever it is tried, and tells machines not to answer it.

Source: RFC 5321, RFC 5322, RFC 3207 (STARTTLS), RFC 8058 (List-Unsubscribe-Post), RFC 3834 (Auto-Submitted).
Left out: addresses that are not ASCII; letters other than plain text.
"""

import asyncio
import ipaddress
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from troth.clock import NS_PER_S
from troth.errors import BadSetting, Refused, Unavailable
from troth.journeys.mail import Letter

__all__ = ["ANSWER_S", "SmtpMailer"]

ANSWER_S: Final = 10.0
_SUBMISSION: Final = 587  # RFC 6409: submission
_SMTPS: Final = 465  # RFC 8314


class SmtpMailer:
    """`Mailer` for `url`. `sender`: the address that letters are from; `base_url`: of this node, for links."""

    def __init__(self, url: str, *, sender: str, base_url: str, answer_s: float = ANSWER_S) -> None:
        self._at = _checked(url)
        self._sender = sender
        self._base_url = base_url
        self._answer_s = answer_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="troth-mail")

    async def send(self, letter: Letter) -> None:
        message = self._message(letter)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._hand_over, message)

    def close(self) -> None:
        """Begin nothing any more; what is on its way may end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(datetime.fromtimestamp(letter.made_ns / NS_PER_S, UTC))
        message["Message-ID"] = f"<{letter.id.hex()}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if letter.path:
            message["List-Unsubscribe"] = f"<{self._base_url}{letter.path}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.text + "\n", cte="quoted-printable")
        return message

    def _hand_over(self, message: EmailMessage) -> None:
        """On the thread."""
        try:
            with self._connected() as server:
                if self._at.username:
                    server.login(unquote(self._at.username), unquote(self._at.password or ""))
                server.sendmail(self._sender, [str(message["To"])], message.as_bytes(policy=SMTP))
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as cause:
            if all(500 <= code < 600 for code in _codes(cause)):
                raise Refused("the mail server does not take this letter") from cause
            raise Unavailable("the mail server takes it later") from cause
        except (OSError, smtplib.SMTPException, ValueError) as cause:
            raise Unavailable(f"no mail server takes it ({type(cause).__name__})") from cause

    def _connected(self) -> smtplib.SMTP:
        host = self._at.hostname or ""
        if self._at.scheme == "smtps":
            return smtplib.SMTP_SSL(
                host, self._at.port or _SMTPS, timeout=self._answer_s, context=ssl.create_default_context()
            )
        server = smtplib.SMTP(host, self._at.port or _SUBMISSION, timeout=self._answer_s)
        if not _is_here(host):
            server.starttls(context=ssl.create_default_context())
        return server


def _checked(url: str) -> SplitResult:
    """BadSetting for what is no address of a mail server."""
    parts = urlsplit(url)
    try:
        sound = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or parts.path.strip("/") or parts.query or parts.fragment:
        raise BadSetting(
            "smtp_url is no address of a mail server", hint="As smtps://NAME:PASSWORD@mail.example.org:465"
        )
    return parts


def _codes(cause: smtplib.SMTPException) -> list[int]:
    if isinstance(cause, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in cause.recipients.values()]
    return [cause.smtp_code] if isinstance(cause, smtplib.SMTPResponseException) else []


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
