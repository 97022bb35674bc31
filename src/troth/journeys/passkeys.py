"""Passkeys: made in a session, found by the browser without a name, and as good as a link for an hour.

Rules
- The relying party is the host under which people reach this node; an address in digits can have no passkeys.
- A challenge says what it is for and until when, under a secret of this process, and is used once. Nothing is kept of those
  that nobody answers.
- Whoever holds the device must show the device that it is them (user verification). Attestation is not asked for: what makes
  the device is nobody's business.
- A signature counter that does not grow is refused: two devices may have one key.
- Waits after wrong passwords hold up no passkey.

Source: WebAuthn level 3 §7.1, §7.2, §6.1.1, §13.4.3 (challenges); people.md, "Accounts". Verified by python-fido2.
Owner of all state: the event loop.
Left out: who signs in how often with what (`attempts` counts passwords only; a passkey cannot be guessed).
"""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Collection, Mapping
from typing import Final, cast
from urllib.parse import urlsplit

import msgspec
from fido2 import cbor as fido_cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from troth.clock import NS_PER_S, Clock
from troth.errors import Conflict, Malformed, NotFound, NotOffered, Refused, WrongToken
from troth.journeys.accounts import Account, AccountStore, Bearer, Way, holder_of
from troth.journeys.logins import Holder, Login, LoginStore, Passkey
from troth.journeys.recognise import Recognise

__all__ = ["PASSKEYS_MAX", "Answered", "Passkeys", "passkey_id"]

PASSKEYS_MAX: Final = 20  # of one holder
NAME_MAX: Final = 40
CHALLENGE_S: Final = 300  # WebAuthn §5.4: 5 minutes are the least that a timeout should be with user verification
MADE_WITHIN_S: Final = 3600  # a passkey is made in a session that was opened so lately
_NONCE_BYTES: Final = 16  # §13.4.3: 16 bytes at least
_TAG_BYTES: Final = 16
_TIME_BYTES: Final = 8
_REQUIRED: Final = UserVerificationRequirement.REQUIRED
_SIGN_IN: Final = b"sign in"


class Answered(msgspec.Struct, frozen=True):
    """What a browser gave of a passkey that signed, byte for byte (WebAuthn §5.2.2)."""

    client_data: bytes
    authenticator_data: bytes
    signature: bytes


class Passkeys:
    """Makes, checks and forgets passkeys. `url`: where people reach this node."""

    def __init__(
        self,
        accounts: AccountStore,
        *,
        recognise: Recognise,
        url: str,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._accounts = accounts
        self._logins: LoginStore = accounts.logins
        self._recognise = recognise
        self._clock = clock
        self._entropy = entropy
        self._secret = entropy(32)
        self._used: dict[bytes, int] = {}
        parts = urlsplit(url)
        self.host = _host(parts.hostname or "")
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name="Troth", id=self.host or "nowhere.invalid"),
            attestation=AttestationConveyancePreference.NONE,
            verify_origin=lambda said: said.lower() == origin,
        )

    def begin(self, session: str, *, name: str) -> bytes:
        """What the browser is asked for a new passkey of whoever's session this is, as JSON; `name` is shown by the device.

        Raises:
            NotOffered: this address can have no passkeys.
            WrongToken: the session has ended, or was opened too long ago.
            Refused: there are enough.
        """
        self._offered()
        holder = holder_of(self.lately(session))
        login = self._logins.of(holder)
        has = () if login is None else login.passkeys
        if len(has) >= PASSKEYS_MAX:
            raise Refused(f"there are {PASSKEYS_MAX} passkeys already", hint="Remove one that you do not use.")
        handle = _handle(holder) if login is None else login.id
        options, _ = self._server.register_begin(
            PublicKeyCredentialUserEntity(id=handle, name=name, display_name=name),
            credentials=[_described(each) for each in has],
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=_REQUIRED,
            challenge=self._challenge(handle),
        )
        return msgspec.json.encode(dict(options))

    async def add(self, session: str, answer: bytes, *, name: str) -> Passkey:
        """Keep the passkey that the browser made for `begin`.

        Raises:
            Malformed: this is no such answer.
            WrongToken: it is for another session, site or time, or was given before.
            Conflict: somebody else has this passkey.
        """
        self._offered()
        holder = holder_of(self.lately(session))
        login = self._logins.of(holder)
        handle = _handle(holder) if login is None else login.id
        made, challenge = self._registered(answer)
        self._spend(challenge, handle)
        found = made.credential_data
        if found is None:
            raise Malformed("the answer of the browser has no key in it")
        passkey = Passkey(
            bytes(found.credential_id),
            fido_cbor.encode(dict(found.public_key)),
            made.counter,
            " ".join(name.split())[:NAME_MAX] or "Passkey",
            self._clock.now(),
        )

        def put(former: Login) -> Login:
            if any(each.credential == passkey.credential for each in former.passkeys):
                raise Conflict("this passkey is there already")
            return msgspec.structs.replace(former, passkeys=(*former.passkeys, passkey))

        await self._logins.change(Login(handle, holder), put)
        return passkey

    def begin_sign_in(self) -> bytes:
        """What the browser is asked to sign in with any passkey of this place, as JSON.

        Raises:
            NotOffered: this address can have no passkeys.
        """
        self._offered()
        options, _ = self._server.authenticate_begin(user_verification=_REQUIRED, challenge=self._challenge(_SIGN_IN))
        return msgspec.json.encode(dict(options))

    async def sign_in(self, answer: bytes, *, browser: str = "") -> str:
        """A session for whoever has the passkey that signed.

        Raises:
            Malformed: this is no such answer.
            WrongToken: nobody has it, it does not sign what was asked, or its counter has not grown.
        """
        self._offered()
        login, passkey, said = self._signed(answer)
        self._spend(bytes(said.response.client_data.challenge), _SIGN_IN)
        await self._count(login, passkey, said.response.authenticator_data.counter)
        return await self._recognise.open(login.holder, Way.PASSKEY, browser=browser)

    def ask(self, holder: Holder, challenge: bytes, *, among: Collection[bytes]) -> bytes:
        """What the browser is asked so that one of a holder's passkeys signs this challenge, as JSON.

        `among`: credential ids.

        Raises:
            NotOffered: this address can have no passkeys.
            NotFound: the holder has none of these.
        """
        self._offered()
        login = self._logins.of(holder)
        has = [] if login is None else [each for each in login.passkeys if each.credential in among]
        if not has:
            raise NotFound("there is no such passkey")
        options, _ = self._server.authenticate_begin(
            credentials=[_described(each) for each in has], user_verification=_REQUIRED, challenge=challenge
        )
        return msgspec.json.encode(dict(options))

    async def signs(self, holder: Holder, answer: bytes, *, challenge: bytes) -> tuple[Passkey, Answered]:
        """Which of a holder's passkeys has signed this challenge, and what the browser gave, byte for byte.

        Raises:
            Malformed: this is no such answer.
            WrongToken: another holder's, another challenge, or a counter that has not grown.
        """
        self._offered()
        login, passkey, said = self._signed(answer)
        given = said.response
        if login.holder != holder or bytes(given.client_data.challenge) != challenge:
            raise WrongToken(
                "this answer of the browser is for something else", hint="Load the page, and try once more."
            )
        await self._count(login, passkey, given.authenticator_data.counter)
        return passkey, Answered(bytes(given.client_data), bytes(given.authenticator_data), bytes(given.signature))

    async def _count(self, login: Login, passkey: Passkey, count: int) -> None:
        now_ns = self._clock.now()

        def put(former: Login) -> Login:
            held = next((each for each in former.passkeys if each.credential == passkey.credential), None)
            if held is None:
                raise WrongToken("this passkey was removed")
            if (count or held.count) and count <= held.count:
                raise WrongToken(
                    "this passkey may have been copied, so it opens nothing",
                    hint="Come in another way, remove it, and make a new one.",
                )
            used = msgspec.structs.replace(held, count=count, used_ns=now_ns)
            return msgspec.structs.replace(
                former, passkeys=tuple(used if each is held else each for each in former.passkeys)
            )

        await self._logins.change(login, put)

    async def remove(self, session: str, passkey: str) -> None:
        """Forget a passkey of whoever's session this is; their other visits that a passkey opened end.

        Raises:
            NotFound: they have no such passkey.
        """
        account = self._recognise.session(session)
        holder = holder_of(account)
        login = self._logins.of(holder)
        if login is None or all(passkey_id(each) != passkey for each in login.passkeys):
            raise NotFound("there is no such passkey")

        def put(former: Login) -> Login:
            left = tuple(each for each in former.passkeys if passkey_id(each) != passkey)
            return msgspec.structs.replace(former, passkeys=left)

        await self._logins.change(login, put)
        others = [
            each.digest
            for each in self._accounts.held(holder, Bearer.SESSION)
            if each.way is Way.PASSKEY and each.digest != account.digest
        ]
        await self._recognise.close(*others, words="The passkey was removed.")

    def _offered(self) -> None:
        if not self.host:
            raise NotOffered(
                "passkeys need a name in the address, not digits", hint="docs/operators/people.md says more."
            )

    def lately(self, session: str) -> Account:
        """The account of a session that was opened within the last hour.

        Raises:
            WrongToken: it was not, or has ended.
        """
        account = self._recognise.session(session)
        made_ns = account.made_ns
        if made_ns is None or self._clock.now() - made_ns >= MADE_WITHIN_S * NS_PER_S:
            raise WrongToken("you came in more than an hour ago", hint="Sign in anew, then do it.")
        return account

    def _challenge(self, what: bytes) -> bytes:
        until = (self._clock.now() + CHALLENGE_S * NS_PER_S).to_bytes(_TIME_BYTES, "big", signed=True)
        body = self._entropy(_NONCE_BYTES) + until
        return body + self._tag(body, what)

    def _tag(self, body: bytes, what: bytes) -> bytes:
        return hmac.digest(self._secret, body + what, "sha256")[:_TAG_BYTES]

    def _spend(self, challenge: bytes, what: bytes) -> None:
        """Return if this challenge was given for this, not long ago, and never answered before."""
        body, tag = challenge[:-_TAG_BYTES], challenge[-_TAG_BYTES:]
        now_ns = self._clock.now()
        self._used = {each: until for each, until in self._used.items() if until > now_ns}
        until_ns = int.from_bytes(body[_NONCE_BYTES:], "big", signed=True)
        ours = len(challenge) == _NONCE_BYTES + _TIME_BYTES + _TAG_BYTES
        if (
            not ours
            or not hmac.compare_digest(tag, self._tag(body, what))
            or now_ns >= until_ns
            or challenge in self._used
        ):
            raise WrongToken(
                "this answer of the browser is for another time", hint="Load the page again, and try once more."
            )
        self._used[challenge] = until_ns

    def _registered(self, answer: bytes) -> tuple[AuthenticatorData, bytes]:
        """What a browser made, checked but for its challenge, which is given too."""
        try:
            said = RegistrationResponse.from_dict(_mapping(answer))
            data = said.response.client_data
            if data.cross_origin:
                raise ValueError("from within another site")
            state = {"challenge": _text(data.challenge), "user_verification": _REQUIRED}
            return self._server.register_complete(state, said), bytes(data.challenge)
        except Exception as cause:  # a library's reader of bytes from outside: whatever it raises, they are not right
            raise Malformed("this is no passkey of this place") from cause

    def _signed(self, answer: bytes) -> tuple[Login, Passkey, AuthenticationResponse]:
        """Whose passkey has signed, which one, and what; what it was asked to sign is the caller's to check."""
        wrong = WrongToken("no door here opens with this passkey", hint="Come in another way, and make a new one.")
        try:
            said = AuthenticationResponse.from_dict(_mapping(answer))
            data = said.response.client_data
            credential = bytes(said.raw_id)
            handle = said.response.user_handle
            if data.cross_origin:
                raise ValueError("from within another site")
        except Exception as cause:  # as above
            raise Malformed("this is no answer of a passkey") from cause
        login = self._logins.with_passkey(credential)
        passkey = None if login is None else next(each for each in login.passkeys if each.credential == credential)
        if login is None or passkey is None or (handle is not None and bytes(handle) != login.id):
            raise wrong
        try:
            public = CoseKey.parse(cast("Mapping[int, object]", fido_cbor.decode(passkey.public)))
            key = AttestedCredentialData.create(bytes(16), credential, public)
            state = {"challenge": _text(data.challenge), "user_verification": _REQUIRED}
            self._server.authenticate_complete(state, [key], said)
        except Exception as cause:  # as above
            raise wrong from cause
        return login, passkey, said


def passkey_id(passkey: Passkey) -> str:
    """How a passkey is named among its holder's."""
    return hashlib.sha256(passkey.credential).hexdigest()[:16]


def _handle(holder: Holder) -> bytes:
    """The user handle of somebody who has no login yet. It is kept once there is one, and tells nothing to whoever reads it."""
    return hashlib.sha256(b"troth/user-handle/v1" + msgspec.msgpack.encode(holder)).digest()[:16]


def _described(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=passkey.credential)


def _mapping(answer: bytes) -> dict[str, object]:
    return msgspec.json.decode(answer, type=dict[str, object])


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _host(name: str) -> str:
    """The host of an address, or nothing where it is digits: browsers make no passkeys for those."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name
    return ""
