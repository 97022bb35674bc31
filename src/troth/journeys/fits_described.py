"""Does a newer passport of a product fit to what stands of it, and to what is disclosed of it?

Rules
- It makes nothing essential that what is disclosed already would stop with a no.
- A stream that stands somewhere, or stood, or that joins at this moment, stays what it is (`gate/measured`).

Source: gate/functions, gate/measured.
"""

from collections.abc import Collection, Iterator

from troth.gate.functions import check_functions
from troth.gate.measured import check_measured
from troth.state.directory import Directory
from troth.statements.installation import InstallationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.statement import Statement

__all__ = ["check_described"]


def check_described(body: PassportBody, directory: Directory, *, going: Collection[Statement]) -> None:
    """Return if a passport fits. `going`: what was checked and counts soon.

    Raises:
        Detriment: something essential would stop with a no.
        Conflict: a stream that stands would be another one, or less protected.
    """
    if body.functions:
        _check_essential(body, directory)
    former = directory.products.get(body.product)
    if former is None or (former.streams == body.streams and former.sector == body.sector):
        return
    check_measured(body, former, _standing(body, former, directory, going=going))


def _check_essential(body: PassportBody, directory: Directory) -> None:
    homes = (said for (_, product), said in directory.home_disclosures.items() if product == body.product)
    open_ = directory.disclosures.get(body.product)
    for said, _ in (*(() if open_ is None else (open_,)), *homes):
        check_functions(said, body)


def _standing(
    body: PassportBody, former: PassportBody, directory: Directory, *, going: Collection[Statement]
) -> Iterator[PassportStream]:
    """Its streams in homes and public places, as each was declared last: also where a passport since has left it out."""
    found: dict[str, PassportStream] = {}
    for each in directory.streams.values():
        thing = directory.things.get(each.thing)
        if thing is not None and thing.body.product == body.product:
            found[each.installed.name] = each.declared
    for said in going:
        if isinstance(said.body, InstallationBody) and said.body.product == body.product:
            names = (each.name for each in said.body.streams)
            found |= {name: former.by_name[name] for name in names if name in former.by_name}
    yield from found.values()
