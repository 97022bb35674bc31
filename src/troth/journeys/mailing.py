"""Somebody gives an address to be told at, confirms it, takes it back; and letters go out until they are taken.

Rules
- A letter that was not taken is tried after the waits of AGAIN_S, and given up after the last; that stands on their page.
- Only one letter goes to an address that is not confirmed; another can be asked for after ASK_AGAIN_S, also by whoever took the
  address back: letters to strangers are no game.
- What was handed over and not noted before a crash goes out twice, under the same name (Message-ID).
- Without a way to a mail server nothing is asked for and nothing kept: whoever asks is told so.

Source: mission.md (F44, S58; "in a channel they picked"); RFC 8058 (one press stops it); docs/decisions/0064.
Owner of all state: the event loop.
"""

import base64
from collections.abc import Awaitable, Callable, Collection, Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import Busy, NotFound, NotOffered, Refused, Unavailable, WrongToken
from troth.journeys.accounts import TOKEN_BYTES, token_digest
from troth.journeys.mail import Address, Letter, Mailer, MailStore, check_address
from troth.names import PersonId, StatementId

__all__ = ["AGAIN_S", "ASK_AGAIN_S", "CONFIRM_S", "MISSED_MAX", "Mailing", "Posted"]

CONFIRM_S: Final = 2 * 86_400  # a link to confirm an address is good for two days
ASK_AGAIN_S: Final = 600
# After each failed try: a minute, five, half an hour, two hours, then every eight for three days (RFC 5321 §4.5.4.1: give up
# after some days).
AGAIN_S: Final = (60, 300, 1_800, 7_200, *(28_800,) * 9)
NAME_BYTES: Final = 16  # of a letter: for what tells somebody of something, made of both, so that it goes once
MISSED_MAX: Final = 3  # in a row: then it is the server, and not the letters
NEVER: Final = (1 << 62) - 1  # ns: a letter that was sent, of which the name is kept
LETTERS_MAX: Final = 100_000  # on their way at once; some 100 MiB
_NO_MAIL: Final = "no mail is sent from here"
_SET_UP: Final = "Whoever runs this place can set smtp_url. Until then: your page, and a feed."


class Posted(msgspec.Struct, frozen=True):
    """How mail stands: whether there is a way out, how many letters wait, and how many were given up since the start."""

    offered: bool
    waiting: int
    given_up: int


class Mailing:
    """Addresses, and the queue.

    Args:
        store: where they are kept.
        mailer: the way out; None where none is set up.
        url: of this node.
        told: called when a letter that tells a person of something was taken.
    """

    def __init__(
        self,
        store: MailStore,
        mailer: Mailer | None,
        *,
        url: str,
        clock: Clock,
        entropy: Callable[[int], bytes],
        told: Callable[[Letter], Awaitable[None]],
    ) -> None:
        self._store = store
        self._mailer = mailer
        self._url = url
        self._clock = clock
        self._entropy = entropy
        self._told = told
        self._given_up = 0
        self._asked: dict[PersonId, int] = {}  # who asked for a letter within ASK_AGAIN_S, and when

    @property
    def offered(self) -> bool:
        """Whether mail can be sent."""
        return self._mailer is not None

    def standing(self) -> Posted:
        """For whoever runs the place: numbers only."""
        waiting = sum(each.next_ns != NEVER for each in self._store.letters())
        return Posted(self.offered, waiting, self._given_up)

    def address_of(self, person: PersonId) -> Address | None:
        """What somebody gave."""
        return self._store.address_of(person)

    async def give(self, person: PersonId, text: str) -> None:
        """Somebody gives an address; a letter with a link goes there. On return that is durable.

        Raises:
            NotOffered: no mail is sent from here.
            Refused: it is no address.
            Busy: one was given a moment ago.
        """
        if not self.offered:
            raise NotOffered(_NO_MAIL, hint=_SET_UP)
        address, now = check_address(text), self._clock.now()
        known, again_ns = self._store.address_of(person), ASK_AGAIN_S * NS_PER_S
        self._asked = {each: at_ns for each, at_ns in self._asked.items() if at_ns > now - again_ns}
        asked_ns = max(self._asked.get(person, 0), 0 if known is None else known.made_ns)
        if asked_ns > now - again_ns:
            wait_s = min(ASK_AGAIN_S, -(-(asked_ns + again_ns - now) // NS_PER_S))
            raise Busy("an address was given a moment ago", retry_after_s=wait_s)
        self._asked[person] = now
        token, stop = self._token(), self._token()
        given = Address(person, address, token_digest(token), stop, now, now + CONFIRM_S * NS_PER_S)
        await self._store.take_back(person)
        await self._store.give(given)
        text = (
            "Somebody gave this address at a place where Troth runs, to be told there before things around them change.\n\n"
            f"Was it you? Then open this and press the button, within two days:\n{self._url}/mail/confirm/{token}\n\n"
            "If not, do nothing: nothing else will be sent to you."
        )
        await self.post(person, address, "Do you want to be told here?", text)

    async def confirm(self, token: str) -> None:
        """An address counts from now on.

        Raises:
            WrongToken: unknown, used or expired.
        """
        digest, now = token_digest(token), self._clock.now()
        for each in self._store.addresses():
            if each.confirm == digest and each.confirmed_ns is None and now < each.until_ns:
                await self._store.note(msgspec.structs.replace(each, confirmed_ns=now))
                return
        raise WrongToken("this link is unknown, used or too old", hint="Give your address again, on your page.")

    async def stop(self, token: str) -> None:
        """Whoever has a letter stops all of them: the address is forgotten. It can be done twice.

        Raises:
            NotFound: it is no such token.
        """
        for each in self._store.addresses():
            if each.stop == token:
                await self._store.take_back(each.person)
                return
        raise NotFound("nothing is sent for this link (any more)")

    async def take_back(self, person: PersonId) -> None:
        """Somebody wants no mail any more; their address is forgotten, and what was on its way."""
        await self._store.take_back(person)

    async def tell(
        self, person: PersonId, subject: str, text: str, *, about: Sequence[StatementId], since_ns: int
    ) -> None:
        """Queue a letter that tells somebody of something that was said at `since_ns`, where they want mail; once for each."""
        known = self._store.address_of(person)
        if not self.offered or known is None or known.confirmed_ns is None:
            return
        if since_ns + NS_PER_S <= known.confirmed_ns:  # a statement is dated by the second
            return
        name = blake2b(person + b"".join(about), digest_size=NAME_BYTES, person=b"troth/letter").digest()
        if self._store.waits(name):
            return
        path = f"/mail/stop/{known.stop}"
        closing = f"\n\nAll of it, and how you were told: {self._url}/mine/news\nNo more mail: {self._url}{path}"
        await self.post(person, known.address, subject, text + closing, about=about, path=path, name=name)

    async def post(
        self,
        person: PersonId | None,
        to: str,
        subject: str,
        text: str,
        *,
        about: Sequence[StatementId] = (),
        path: str = "",
        name: bytes | None = None,
    ) -> None:
        """Queue a letter, durable on return; nothing where there is no way out, or too many wait."""
        if not self.offered or self._store.waiting >= LETTERS_MAX:
            return
        now = self._clock.now()
        await self._store.post(
            Letter(
                name or self._entropy(NAME_BYTES), person, to, subject, text, now, now, about=tuple(about), path=path
            )
        )

    async def once(self, name: bytes, to: str, subject: str, text: str) -> None:
        """Queue a letter for whoever runs the place under a name of 16 bytes: once, also when it was sent long ago."""
        if self.offered and not self._store.waits(name):
            now = self._clock.now()
            await self._store.post(Letter(name, None, to, subject, text, now, now))

    async def only(self, names: Collection[bytes]) -> None:
        """Forget letters of `once` under other names: what they warned of was mended."""
        for each in self._store.letters():
            if each.person is None and each.id not in names:
                await self._store.sent(each.id)

    async def send_due(self) -> int:
        """Try every letter whose time has come; returns how many were taken.

        After MISSED_MAX in a row that the server did not take for now the rest waits for the next time.
        """
        mailer, taken, missed = self._mailer, 0, 0
        if mailer is None:
            return 0
        for letter in sorted(self._store.letters(), key=lambda each: each.next_ns):
            if letter.next_ns > self._clock.now() or missed == MISSED_MAX:
                break
            was_taken = await self._try(letter, mailer)
            missed = 0 if was_taken else missed + 1
            taken += was_taken
        return taken

    async def _try(self, letter: Letter, mailer: Mailer) -> bool:
        if not self._store.waits(letter.id):
            return False  # it was taken back while others were tried
        try:
            await mailer.send(letter)
        except Unavailable:
            if letter.tries < len(AGAIN_S):
                next_ns = self._clock.now() + AGAIN_S[letter.tries] * NS_PER_S
                await self._store.put_off(msgspec.structs.replace(letter, tries=letter.tries + 1, next_ns=next_ns))
            else:
                await self._give_up(letter)
            return False
        except Refused:
            await self._give_up(letter)
            return False
        if letter.about and letter.person is not None:
            await self._told(letter)
        await self._done(letter)
        await self._reached(letter, failed_ns=None)
        return True

    async def _give_up(self, letter: Letter) -> None:
        self._given_up += 1
        await self._done(letter)
        await self._reached(letter, failed_ns=self._clock.now())

    async def _done(self, letter: Letter) -> None:
        """It is not on its way any more. Of one that is sent once its name stays."""
        if letter.person is not None:
            await self._store.sent(letter.id)
        else:
            await self._store.post(msgspec.structs.replace(letter, subject="", text="", next_ns=NEVER))

    async def _reached(self, letter: Letter, *, failed_ns: int | None) -> None:
        """Note with an address whether letters get there."""
        known = None if letter.person is None else self._store.address_of(letter.person)
        if known is None or known.address != letter.to or (known.failed_ns is None) == (failed_ns is None):
            return
        await self._store.note(msgspec.structs.replace(known, failed_ns=failed_ns))

    def _token(self) -> str:
        return base64.b32encode(self._entropy(TOKEN_BYTES)).decode("ascii").rstrip("=").lower()
