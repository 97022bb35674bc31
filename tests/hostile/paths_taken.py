"""What somebody takes along of a stream: the archive of everything about them, and that of a child they answer for."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Final

from tests.hostile.cases import View
from tests.hostile.heard import Heard, same_as_nothing
from tests.hostile.street import Asking
from troth.names import PersonId, print_person
from troth.testing.asgi import Told

__all__ = ["exported"]

PERSONS: Final = frozenset({"ana", "ben", "cleo", "kim"})
_MAKING_S: Final = 90  # two ticks and the log are waited for, and longer than that nothing is


def exported(asking: Asking, heard: Heard) -> Iterator[str]:
    """Their own archive has what they may read; who is nobody here has none, and of a child only a guardian has one."""
    if asking.case.asks in PERSONS:
        yield from _archive(asking, heard, "/api/export", asking.seen if asking.status == 200 else ())
    else:
        for told in _asked(heard, "/api/export"):
            if told.status not in {401, 403, 404}:
                yield f"an archive for who is no person here: {told.status}"
    # A child reads nothing of what concerns others too, and its archive has as much.
    child, none = _of_child(asking.kim.person if asking.has_child else None), _of_child(PersonId(bytes(16)))
    if asking.has_child and asking.case.asks == "ana":
        yield from _archive(asking, heard, child, ())
        return
    for told, nothing in zip(_asked(heard, child), _asked(heard, none), strict=True):
        if told.status not in {401, 403, 404}:
            yield f"an archive of a child for who is no guardian: {told.status}"
        yield from same_as_nothing(told, nothing)


def _of_child(child: PersonId | None) -> str:
    return f"/api/children/{print_person(child or PersonId(bytes(16)))}/export"


def _asked(heard: Heard, path: str) -> tuple[Told, ...]:
    return heard.post(path), heard.get(path), heard.get(f"{path}/archive")


def _archive(asking: Asking, heard: Heard, path: str, seen: tuple[float, ...]) -> Iterator[str]:
    """What is in an archive that is made now: of this stream these values, and of what is hidden nothing in any file."""
    begun = heard.post(path)
    if begun.status != 201:
        yield f"{path} is {begun.status}"
        return
    for _ in range(_MAKING_S):
        asking.world.advance(1)
        if heard.get(path).json["state"] != "making":
            break
    told = heard.get(f"{path}/archive")
    if told.status != 200:
        yield f"{path}/archive is {told.status}"
        return
    with zipfile.ZipFile(io.BytesIO(bytes(told.body))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for each in files.values():
        heard.keep(each)
    name = f"observations/{asking.number}.csv"
    rows = [*csv.DictReader(io.StringIO(files.get(name, b"").decode(), newline=""))]
    if [float(row["result"]) for row in rows] != list(seen):
        yield f"{name} has {rows} and not {seen}"
    ids = [row["id"] for row in rows]
    if asking.case.view is View.RAW and not set(ids) <= set(map(str, asking.ids)):
        yield f"{name} has the handles {ids}"
    names = b"\n".join([*map(str.encode, files), *files.values()])
    if asking.status == 404 and re.search(rb"\b%b\b" % asking.thing.slug.encode(), names):
        yield f"{path} names the thing"
