"""Compare the accounts with the journal and with the authority of certificates: whoever can come in is somebody who is known.

Rules
- What is missing in the journal is looked at once more in the accounts: somebody may have been erased meanwhile.
- While an erasure is on its way nothing is compared with the journal, and that is said.
- An authority that is missing or newer than certificates is a note: nothing is wrong with the accounts then.

Source: docs/operators/checking.md; the shapes are those of `journeys.accounts.Account`.
Left out: whether somebody should be able to come in; that is the operator's to say.
"""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

from cryptography import x509

from troth.adapters.check_findings import Findings
from troth.adapters.check_reading import read_giving_way
from troth.clock import NS_PER_S
from troth.errors import StorageFailed
from troth.journeys.accounts import Bearer
from troth.journeys.enrol import CERTIFICATE_S
from troth.signing.certificates import BACK_S
from troth.signing.cose import parse
from troth.statements.installation import InstallationBody
from troth.statements.kinds import KindName, kind_of
from troth.statements.person import PersonBody
from troth.statements.statement import read_kept

__all__ = ["Authorities", "check_accounts"]

_DIGEST_BYTES: Final = 32
_KNOWING: Final = frozenset({KindName.INSTALLATION, KindName.HOME_INSTALLATION, KindName.PERSON})
_OF_THINGS: Final = frozenset({Bearer.THING, Bearer.CERTIFICATE, Bearer.CLAIM})
_ENDING: Final = frozenset({Bearer.CERTIFICATE, Bearer.CLAIM, Bearer.SESSION, Bearer.INVITATION, Bearer.SPENT})
_ACCOUNTS: Final = "SELECT digest, bearer, thing, party, app, purpose, person, until_ns FROM accounts"
Row: TypeAlias = tuple[object, str, bytes | None, str | None, str | None, str | None, bytes | None, int | None]


class Authorities:
    """The certificate of the authority (PEM), or None where there is none; and the time, ns UTC."""

    def __init__(self, authority: bytes | None, now_ns: int) -> None:
        self._authority = authority
        self._now_ns = now_ns

    def looks_at(self, ends_ns: list[int], place: str, found: Findings) -> Iterator[str]:
        """Compare the ends of certificates with who signs them; gives notes."""
        standing = [end for end in ends_ns if end > self._now_ns]
        if self._authority is None:
            if standing:
                yield (
                    f"{len(standing)} certificates of things are kept, and tls/ does not hold the authority that signed them: "
                    "bring tls/ back, or give these things new claim tokens."
                )
            return
        try:
            authority = x509.load_pem_x509_certificate(self._authority)
        except ValueError:
            found.add("tls/ca.pem", "it is no certificate")
            return
        ends = int(authority.not_valid_after_utc.timestamp()) * NS_PER_S
        if any(end > ends for end in standing):
            found.add(place, "a certificate ends after the authority that should have signed it")
        made = int((authority.not_valid_before_utc + timedelta(seconds=BACK_S)).timestamp())
        older = sum(end < (made + CERTIFICATE_S) * NS_PER_S for end in standing)
        if older:
            yield (
                f"{older} certificates of things are older than the authority in tls/, which cannot have signed them: "
                "these things need new claim tokens."
            )


def check_accounts(path: Path, journal: Path, authorities: Authorities, *, found: Findings) -> list[str]:
    """Look through all accounts and short names; returns notes.

    Raises:
        StorageFailed: one of the files cannot be read.
        Malformed: a statement of the journal cannot be read.
    """
    rows, slugs = read_giving_way(path, _read)
    known = read_giving_way(journal, _known)
    for row in rows:
        for what in _shape(row):
            found.add(path.name, what)
    certificates = [row[7] for row in rows if row[1] == Bearer.CERTIFICATE and row[7] is not None]
    notes = list(authorities.looks_at(certificates, path.name, found))
    if known is None:
        return [*notes, "Somebody is being erased: accounts were not compared with the journal."]
    if any(not _somebody(row, known) for row in rows) or any(thing not in known for _, thing in slugs):
        still, named = read_giving_way(path, _read)  # an erasure ends with the accounts
        rows, slugs = [row for row in rows if row in still], [each for each in slugs if each in named]
    for row in rows:
        if not _somebody(row, known):
            who = "thing" if row[1] in _OF_THINGS else "person"
            found.add(path.name, f"a credential ({row[1]}) is of a {who} that the journal does not know")
    for _, thing in slugs:
        if thing not in known:
            found.add(path.name, "a short name is of a thing that the journal does not know")
    return notes


def _shape(row: Row) -> Iterator[str]:
    digest, bearer, thing, party, app, purpose, person, until_ns = row
    if bearer not in set(Bearer):
        yield "a credential is of no kind that is known"
        return
    if not isinstance(digest, bytes) or len(digest) != _DIGEST_BYTES:
        yield f"a credential ({bearer}) is known by something that is no digest"
    held = (thing is not None, person is not None, (party is not None, app is not None, purpose is not None))
    nobody, somebody, desk = (False,) * 3, (True,) * 3, (True, False, True)
    match Bearer(bearer):
        case Bearer.THING | Bearer.CERTIFICATE | Bearer.CLAIM:
            fits = held == (True, False, nobody)
        case Bearer.CONNECTED:
            fits = held == (True, True, nobody)
        case Bearer.RECIPIENT:
            fits = held == (False, False, somebody)
        case Bearer.OPERATOR:
            fits = held == (False, False, nobody)
        case Bearer.FEED:
            fits = held in {(False, True, nobody), (False, False, nobody)}
        case Bearer.SESSION | Bearer.INVITATION | Bearer.SPENT:
            fits = held in {
                (False, False, nobody),
                (False, True, nobody),
                (False, False, somebody),
                (False, False, desk),
            }
    if not fits:
        yield f"a credential ({bearer}) is of somebody of another kind"
    if until_ns is None and bearer in _ENDING:
        yield f"a credential ({bearer}) has no end"


def _somebody(row: Row, known: frozenset[bytes]) -> bool:
    return all(each is None or each in known for each in (row[2], row[6]))


def _read(accounts: sqlite3.Connection) -> tuple[list[Row], list[tuple[str, bytes]]]:
    return accounts.execute(_ACCOUNTS).fetchall(), accounts.execute("SELECT slug, thing FROM slugs").fetchall()


def _known(journal: sqlite3.Connection) -> frozenset[bytes] | None:
    """Things and persons of the journal; None while somebody is being erased."""
    if journal.execute("SELECT 1 FROM erasing").fetchone() is not None:
        return None
    found = set[bytes]()
    for data, preimage in journal.execute(
        "SELECT bytes, preimage FROM entries WHERE length(bytes) > 0 ORDER BY position"
    ):
        signed = parse(data)
        kind = kind_of(signed.headers.content_type)
        if kind is None or kind.name not in _KNOWING:
            continue
        statement = read_kept(signed, preimage)
        match None if statement is None else statement.body:
            case InstallationBody(thing=thing):
                found.add(thing)
            case PersonBody(person=person):
                found.add(person)
            case other:
                raise StorageFailed(f"a statement of the journal is no {kind.name} ({type(other).__name__})")
    return frozenset(found)
