"""A backup, or an older copy of the accounts, brings back no credential that ended since, and names the things concerned."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace as replaced

from tests.faults.real_house import RealHouse
from tests.faults.test_backup import backed_up, done
from troth.app.ports import Ports
from troth.clock import NS_PER_S
from troth.errors import FormatTooNew, StorageFailed, WrongToken
from troth.journeys.accounts import Account, Bearer, token_digest
from troth.journeys.ended_list import KEPT_S, Ended, EndedList
from troth.journeys.logins import Holder, Login, OwnKey, Passkey, Wrapped
from troth.signing import cbor
from troth.testing.people import Home, WorldThing, install, open_to_anyone
from troth.tlog.storage import ENDED, TileStore

HOUR_NS: Final = 3_600 * NS_PER_S
CERTIFICATE: Final = b"\x07" * 32
ITS_NEXT: Final = b"\x08" * 32


class Furnished:
    """Things and people who were let in when the backup was made."""

    def __init__(self, house: RealHouse) -> None:
        def thing(name: str) -> WorldThing:
            return install(house, name, stream="level", type_="number", purposes=(open_to_anyone(),), household=None)

        self.house = house
        self.ana = Home(house, "Harbour Lane 12").person("Ana")
        self.stays, self.revoked, self.replaced, self.claimed = map(thing, ("stays", "revoked", "replaced", "claimed"))
        self.renewed = thing("renewed")
        token = self.claim_token(self.renewed)
        end_ns = house.clock.now() + 24 * HOUR_NS
        house.run(house.node.recognise.claim_for_certificate(token, CERTIFICATE, until_ns=end_ns))
        self.token = self.claim_token(self.claimed)
        self.unspent = self.claim_token(self.stays)
        self.reader = house.organisation("University").token()
        self.session = house.run(house.node.recognise.enter(self.invitation()))
        self.kept_session = house.run(house.node.recognise.enter(self.invitation()))
        self.link = self.invitation()

    def claim_token(self, thing: WorldThing) -> str:
        return self.house.run(self.house.node.join.claim_again(thing.joined.slug))

    def invitation(self) -> str:
        holder = Account(b"", Bearer.INVITATION, person=self.ana.person)
        return self.house.run(self.house.node.recognise.give(Bearer.INVITATION, holder, seconds=3_600))

    def end_some(self) -> None:
        """What happens after the backup was made."""
        node, run = self.house.node, self.house.run
        run(node.joining.alter.revoke(self.revoked.joined.slug))
        run(node.joining.alter.replace(self.replaced.joined.slug))
        run(node.recognise.claim(self.token))
        after = Account(ITS_NEXT, Bearer.CERTIFICATE, thing=self.renewed.joined.thing, until_ns=2**62)
        run(node.recognise.renew(CERTIFICATE, after, until_ns=self.house.clock.now() + HOUR_NS))
        run(node.recognise.leave(self.session))
        run(node.recognise.enter(self.link))

    def let_in(self, house: RealHouse) -> dict[str, bool]:
        """Who comes in at this house."""
        who = house.node.recognise
        tokens = {name: getattr(self, name).credential for name in ("stays", "revoked", "replaced", "claimed")}
        tokens |= {"reader": self.reader, "session": self.session, "kept session": self.kept_session}
        found = {name: who.token(token) is not None for name, token in tokens.items()}
        found["certificate"] = who.certificate(CERTIFICATE) is not None
        for name, token in (("token", self.token), ("unspent", self.unspent)):
            try:
                who.claimant(token)
                found[name] = True
            except WrongToken:
                found[name] = False
        link = house.node.ports.accounts.find(token_digest(self.link))
        found["link"] = link is not None and link.bearer is Bearer.INVITATION
        return found


def login(holder: Holder, password: str, *passkeys: bytes) -> Login:
    keys = tuple(Passkey(each, b"public", 0, "key", 1) for each in passkeys)
    return Login(b"i" * 16, holder, "Ana", "ana", password, 1, keys)


def box(by: str, data: bytes) -> Wrapped:
    return Wrapped(by, bytes(16), 16, 1, bytes(12), data)


def test_a_password_that_was_changed_and_a_passkey_that_was_taken_away_do_not_come_back(tmp_path: Path) -> None:
    with RealHouse(tmp_path / "one") as house:
        ana, ben = (Home(house, name).person(name) for name in ("Ana", "Ben"))
        one, other = Holder(person=ana.person), Holder(person=ben.person)
        logins = house.node.ports.accounts.logins
        former = replaced(
            login(one, "$old", b"lost", b"kept"), own=OwnKey(b"key", (box("phrase", b"old"), box("code", b"same")), 1)
        )
        house.run(logins.change(former, lambda each: each))
        changed = Login(b"j" * 16, other, "Ben", "ben", "$old", 1, ())
        house.run(logins.change(changed, lambda each: each))
        file = backed_up(house, tmp_path)
        house.run(
            logins.change(
                login(one, ""),
                lambda each: replaced(
                    each,
                    password="$new",
                    passkeys=each.passkeys[1:],
                    own=OwnKey(b"key", (box("phrase", b"new"), box("code", b"same")), 2),
                ),
            )
        )
        house.run(logins.change(changed, lambda each: replaced(each, password="$new")))
    again, _ = restored(tmp_path / "two", file, tmp_path / "one" / "data" / "keys", tmp_path / "one" / "state")
    with again as house:
        logins = house.node.ports.accounts.logins
        back = logins.of(one)
        assert back is not None
        assert ("", "", (b"kept",)) == (back.password, back.key, tuple(each.credential for each in back.passkeys))
        assert back.own is not None
        assert [b"same"] == [each.box for each in back.own.wrapped], (
            "under the former phrase the key does not come back"
        )
        assert None is logins.named("ana")
        assert None is logins.of(other), "nothing is left of it"
    for more, there in (((), False), (("--nothing-revoked",), True)):
        target = tmp_path / f"{there}"
        (tmp_path / "nothing").mkdir(exist_ok=True)
        again, _ = restored(target, file, tmp_path / "one" / "data" / "keys", tmp_path / "nothing", *more)
        with again as house:
            assert there == (house.node.ports.accounts.logins.of(one) is not None)


GONE: Final = {"revoked", "replaced", "claimed", "session", "token", "link"}


def restored(folder: Path, file: Path, keys: Path, state: Path, *more: str) -> tuple[RealHouse, str]:
    shutil.copytree(state, folder / "state")
    args: list[str | Path] = ["store", "restore", file, "--keys", keys, "--data", folder / "data", *more]
    said = done(*args, state=folder / "state")
    done("store", "check", "--data", folder / "data", state=folder / "state")
    return RealHouse(folder), said


def test_what_ended_after_a_backup_does_not_come_back_with_it(tmp_path: Path) -> None:
    with RealHouse(tmp_path / "one") as house:
        at = Furnished(house)
        assert all(at.let_in(house).values())
        file = backed_up(house, tmp_path)
        at.end_some()
        now = at.let_in(house)
        assert GONE == {name for name, comes in now.items() if not comes}
    again, said = restored(tmp_path / "two", file, tmp_path / "one" / "data" / "keys", tmp_path / "one" / "state")
    with again as house:
        assert now == at.let_in(house)
        left_ns = house.node.recognise.certificate_left_s(CERTIFICATE) * NS_PER_S
        assert 0 < left_ns <= HOUR_NS, "the one that was renewed ends when it would have ended"
        assert house.node.recognise.certificate(ITS_NEXT) is None
    for thing in (at.revoked, at.replaced, at.claimed, at.renewed):
        assert f"  {thing.joined.slug}\n" in said
    assert at.stays.joined.slug not in said
    assert "troth thing renew" in said


def test_without_the_list_nothing_comes_back_unless_somebody_vouches(tmp_path: Path) -> None:
    with RealHouse(tmp_path / "one") as house:
        at = Furnished(house)
        file = backed_up(house, tmp_path)
        at.end_some()
        keys = house.data / "keys"
    (tmp_path / "nothing").mkdir()
    again, said = restored(tmp_path / "two", file, keys, tmp_path / "nothing")
    with again as house:
        assert not any(at.let_in(house).values())
    assert "Nothing outside the folder tells" in said
    assert f"  {at.stays.joined.slug}\n" in said
    again, said = restored(tmp_path / "three", file, keys, tmp_path / "nothing", "--nothing-revoked")
    with again as house:
        assert all(at.let_in(house).values())
    assert "Nothing outside" not in said
    again, said = restored(tmp_path / "four", file, keys, tmp_path / "one" / "state", "--nothing-revoked")
    with again as house:
        assert GONE == {name for name, comes in at.let_in(house).items() if not comes}, (
            "who vouches does not outvote the list"
        )


def test_an_older_copy_of_the_accounts_lets_nobody_in_who_ended_since(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = Furnished(house)
    shutil.copy(tmp_path / "data" / "accounts.db", tmp_path / "older")
    with RealHouse(tmp_path) as house:
        at.house = house
        at.end_some()
        now = at.let_in(house)
    shutil.copy(tmp_path / "older", tmp_path / "data" / "accounts.db")
    for _ in range(2):
        with RealHouse(tmp_path) as house:
            assert now == at.let_in(house)


def test_a_list_that_is_damaged_is_never_an_empty_one(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        outside = house.node.ports.outside
    assert outside is not None
    written = outside.get(ENDED)
    assert written is not None, "an empty list is written too"
    assert {"format": 1, "ended": []} == cbor.decode_map(written)
    for damaged in (b"", b"\xa0", written[:-1], cbor.encode({"format": 1, "ended": [[b"short", 0, 0]]})):
        outside.replace(ENDED, damaged)
        with pytest.raises(StorageFailed):
            EndedList(outside).load()
    outside.replace(ENDED, cbor.encode({"format": 2, "ended": []}))
    with pytest.raises(FormatTooNew):
        EndedList(outside).load()


def test_a_succession_carries_on_what_was_erased_and_what_ended(tmp_path: Path) -> None:
    with RealHouse(tmp_path / "one") as house:
        at = Furnished(house)
        at.end_some()
        house.tick()
        outside = next((tmp_path / "one" / "state").iterdir())
    (outside / "erased").write_bytes(b"what was erased")
    args = (
        "log",
        "succeed",
        "--reason",
        "Its key was seen elsewhere.",
        "--anyway",
        "--data",
        tmp_path / "one" / "data",
    )
    done(*args, state=tmp_path / "one" / "state")
    fresh = next(each for each in (tmp_path / "one" / "state").iterdir() if each != outside)
    assert (outside / ENDED).read_bytes() == (fresh / ENDED).read_bytes()
    assert b"what was erased" == (fresh / "erased").read_bytes()


class BrokenOutside:
    """A copy outside whose disk breaks at the list of what ended, once it is told to."""

    def __init__(self, outside: TileStore) -> None:
        self._outside = outside
        self.get, self.names, self.put, self.drop = outside.get, outside.names, outside.put, outside.drop
        self.broken = False

    def replace(self, path: str, data: bytes) -> None:
        if self.broken and path == ENDED:
            raise StorageFailed("the disk outside is gone")
        self._outside.replace(path, data)


def test_what_nobody_outside_can_be_told_is_not_acknowledged_and_lets_in_as_before(tmp_path: Path) -> None:
    broken: list[BrokenOutside] = []

    def breaking(ports: Ports) -> Ports:
        assert ports.outside is not None
        broken.append(BrokenOutside(ports.outside))
        return replace(ports, outside=broken[-1])

    with RealHouse(tmp_path, wrap=breaking) as house:
        at = Furnished(house)
        broken[-1].broken = True
        with pytest.raises(StorageFailed):
            house.run(house.node.joining.alter.revoke(at.revoked.joined.slug))
        assert at.let_in(house)["revoked"]
    with RealHouse(tmp_path) as house:
        assert at.let_in(house)["revoked"]
        house.run(house.node.joining.alter.revoke(at.revoked.joined.slug))
        assert not at.let_in(house)["revoked"]


def test_an_entry_goes_when_no_copy_could_bring_anything_back(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        outside, now = house.node.ports.outside, house.clock.now()
    listed = EndedList(outside)
    listed.load()
    ends = {b"never": Ended(0, 0), b"later": Ended(0, now + HOUR_NS), b"over": Ended(0, now - KEPT_S * NS_PER_S)}
    listed.write(listed.learn(ends, now_ns=now - HOUR_NS))
    assert 3 == len(listed)
    listed.write(listed.learn({b"later": Ended(now + HOUR_NS, now + HOUR_NS)}, now_ns=now))
    again = EndedList(outside)
    assert again.load()
    assert (ends[b"never"], ends[b"later"], None) == tuple(map(again.of, ends)), "what has ended does not begin again"
