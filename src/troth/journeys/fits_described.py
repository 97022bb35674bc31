"""Does a newer passport of a product fit to what stands of it, and to what is disclosed of it?

Rules
- It makes nothing essential that what is disclosed already would stop with a no.
- A stream that stands somewhere, or stood, or that joins at this moment, stays what it is (`gate/measured`).
- It follows the newest word, also where that was checked and does not count yet.

Source: gate/functions, gate/measured.
"""

from collections.abc import Collection, Iterable, Iterator

from troth.gate.functions import check_functions
from troth.gate.measured import check_measured
from troth.names import Uri
from troth.state.directory import Directory
from troth.statements.installation import InstallationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.statement import Statement

__all__ = ["check_described"]


def check_described(body: PassportBody, directory: Directory, *, going: Collection[Statement]) -> None:
    """Return if a passport fits. `going`: what was checked and counts soon, in order.

    Raises:
        Detriment: something essential would stop with a no.
        Conflict: a stream that stands would be another one, or less protected.
    """
    if body.functions:
        _check_essential(body, directory)
    words = tuple(_words(body.product, directory, going))
    former = words[-1] if words else None
    if former is None or (former.streams == body.streams and former.sector == body.sector):
        return
    check_measured(body, former, _standing(body.product, words, directory, going=going))


def _check_essential(body: PassportBody, directory: Directory) -> None:
    homes = (said for (_, product), said in directory.home_disclosures.items() if product == body.product)
    open_ = directory.disclosures.get(body.product)
    for said, _ in (*(() if open_ is None else (open_,)), *homes):
        check_functions(said, body)


def _words(product: Uri, directory: Directory, going: Collection[Statement]) -> Iterator[PassportBody]:
    """The passport that counts, and those that will soon, the newest last."""
    known = directory.products.get(product)
    if known is not None:
        yield known
    yield from (said.body for said in going if isinstance(said.body, PassportBody) and said.body.product == product)


def _standing(
    product: Uri, words: Iterable[PassportBody], directory: Directory, *, going: Collection[Statement]
) -> Iterable[PassportStream]:
    """Its streams in homes and public places, as each was declared last: also where a passport since has left it out."""
    found = dict(directory.standing.declared.get(product, {}))
    declared = {name: each for word in words for name, each in word.by_name.items()}
    for said in going:
        if isinstance(said.body, InstallationBody) and said.body.product == product:
            names = (each.name for each in said.body.streams)
            found |= {name: declared[name] for name in names if name in declared}
    return found.values()
