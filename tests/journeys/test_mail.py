"""Letters go to a real mail server on this computer: over TLS or not, taken, put off or refused for good."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from troth import drivers
from troth.clock import SystemClock
from troth.errors import BadSetting, Refused, Unavailable
from troth.journeys.mail import Letter
from troth.names import PersonId
from troth.settings import Settings, load

LETTER: Final = Letter(
    b"1" * 16,
    PersonId(b"a" * 16),
    "ana@example.org",
    "Something is going to change",
    "From 10 December 2026 on: Möbel.\nA line.",
    1_777_617_000_000_000_000,
    0,
    path="/mail/stop/abc",
)


class Taken:
    """What the server does with letters: `code` is its answer to each."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, EmailMessage]] = []
        self.code = "250 OK"
        self.recipient = "250 OK"
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(  # noqa: N802 - the library's word
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        if self.code.startswith("250"):
            message = message_from_bytes(cast("bytes", envelope.content), policy=policy.default)
            self.letters.append((envelope.rcpt_tos[0], message))
        return self.code

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth_data: LoginPassword
    ) -> AuthResult:
        self.logins.append((auth_data.login, auth_data.password))
        return AuthResult(success=auth_data.password == b"p:w/d")


@asynccontextmanager
async def serving(taken: Taken, *, auth: bool = False) -> AsyncIterator[int]:
    """A mail server on this computer; its port."""

    def made() -> SMTP:
        if not auth:
            return SMTP(taken)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Requiring AUTH")  # it is this computer, as the adapter knows
            return SMTP(taken, authenticator=taken.authenticate, auth_required=True, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def mailer_to(url: str) -> drivers.ClosingMailer:
    """The way there."""
    settings = Settings(smtp_url=url, mail_from="troth@place.example", base_url="https://place.example")
    made = drivers.open_mailer(settings)
    assert made is not None
    return made


def test_a_letter_arrives_as_it_was_written_and_can_be_stopped_by_machine() -> None:
    async def test() -> None:
        taken = Taken()
        async with serving(taken) as port:
            mailer = mailer_to(f"smtp://127.0.0.1:{port}")
            await mailer.send(LETTER)
            await mailer.send(LETTER)
            mailer.close()
        (to, letter), (_, again) = taken.letters
        assert ("ana@example.org", "ana@example.org") == (to, letter["To"])
        assert (LETTER.subject, LETTER.text + "\n") == (letter["Subject"], letter.get_content().replace("\r\n", "\n"))
        assert "troth@place.example" == letter["From"]
        assert "<https://place.example/mail/stop/abc>" == letter["List-Unsubscribe"]
        assert "List-Unsubscribe=One-Click" == letter["List-Unsubscribe-Post"]
        assert "auto-generated" == letter["Auto-Submitted"]
        assert letter["Message-ID"] == again["Message-ID"], "whoever gets it twice can tell"

    asyncio.run(test())


def test_what_is_refused_for_good_is_told_from_what_is_put_off() -> None:
    async def test() -> None:
        taken = Taken()
        async with serving(taken) as port:
            mailer = mailer_to(f"smtp://127.0.0.1:{port}")
            for recipient, code, error in (
                ("550 no such user", "250 OK", Refused),
                ("451 later", "250 OK", Unavailable),
                ("250 OK", "554 no", Refused),
                ("250 OK", "452 full", Unavailable),
            ):
                taken.recipient, taken.code = recipient, code
                with pytest.raises(error):
                    await mailer.send(LETTER)
            assert [] == taken.letters
        with pytest.raises(Unavailable):
            await mailer.send(LETTER)
        mailer.close()

    asyncio.run(test())


def test_a_name_and_a_password_of_the_url_are_shown_and_a_wrong_one_is_tried_again_later() -> None:
    async def test() -> None:
        taken = Taken()
        async with serving(taken, auth=True) as port:
            for password, works in (("p%3Aw%2Fd", True), ("wrong", False)):
                mailer = mailer_to(f"smtp://troth:{password}@127.0.0.1:{port}")
                if works:
                    await mailer.send(LETTER)
                else:
                    with pytest.raises(Unavailable):
                        await mailer.send(LETTER)
                mailer.close()
        assert (b"troth", b"p:w/d") == taken.logins[0]
        assert 1 == len(taken.letters)

    asyncio.run(test())


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        taken = Taken()
        folder = Settings(data=str(tmp_path / "data"), tls_bind="127.0.0.1")
        own = drivers.open_tls(folder, clock=SystemClock())
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(taken), "127.0.0.1", 0, ssl=own.context(lambda _reason: None)
        )
        mailer = mailer_to(f"smtps://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(Unavailable):
            await mailer.send(LETTER)
        mailer.close()
        server.close()
        assert [] == taken.letters

    asyncio.run(test())


@pytest.mark.parametrize(
    "given",
    [
        {"smtp_url": "http://mail.example"},
        {"smtp_url": "smtp://mail.example/path", "mail_from": "a@b.example"},
        {"smtp_url": "smtp://mail.example:587"},
        {"smtp_url": "smtp://mail.example:x", "mail_from": "a@b.example"},
        {"smtp_url": "smtp://mail.example:587", "mail_from": "nobody"},
        {"smtp_url": "smtp://mail.example:587", "mail_from": "a@b.example", "operator_mail": "no address"},
    ],
)
def test_a_setting_that_leads_nowhere_is_refused_at_the_start_without_saying_it(given: dict[str, str]) -> None:
    with pytest.raises(BadSetting) as refused:
        drivers.open_mailer(load({"HOME": "/nowhere"}, given))
    assert "mail.example" not in refused.value.message


def test_without_a_setting_nothing_is_opened() -> None:
    assert drivers.open_mailer(load({"HOME": "/nowhere"}, {})) is None
