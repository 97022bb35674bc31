"""Look at a disclosure before it is said: what would be refused, and what people would miss in it. Nothing is said by looking.

Rules
- What would be refused is found by the checks that refuse it, so the two never differ.
- A note stops nothing: a benefit nobody measures, a choice without its consequences, an essential use without its function,
  data kept for years, a recipient of whom nobody knows where they are, a term that its vocabulary does not have, a figure over
  homes that would not be given beside another.

Source: mission.md (F3, F9); gate.md ("a disclosure that makes an essential function depend on choice is refused").
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

import msgspec

from troth.errors import Malformed, Refused, TrothError
from troth.gate.question import Ground
from troth.journeys.declaring import check_disclosure
from troth.journeys.lint_figures import figures_beside
from troth.journeys.say import Say
from troth.signing.cose import Signed
from troth.state.directory import Directory
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosureBody
from troth.statements.dpv import VERSION, is_known, looks_like_one
from troth.statements.kinds import KindName

__all__ = ["LONG_DAYS", "Finding", "Lint", "Weight"]

LONG_DAYS: Final = 730  # two years: longer is worth a look, and may be right


class Weight(StrEnum):
    """Whether it stops the disclosure."""

    REFUSED = "refused"
    NOTE = "note"


class Finding(msgspec.Struct, frozen=True):
    """One thing: where (`stream: purpose`), which, in words."""

    weight: Weight
    code: str
    where: str
    words: str


class Lint:
    """Looks. `check`: what a statement passes before it counts."""

    def __init__(self, say: Say, check: Callable[[Signed, bytes | None], object], *, directory: Directory) -> None:
        self._say = say
        self._check = check
        self._directory = directory

    def look(self, body: DisclosureBody) -> tuple[Finding, ...]:
        """Everything, what would be refused first."""
        return (*self._refused(body), *(note for stream in body.streams for note in self._of_stream(stream)))

    def _of_stream(self, stream: DisclosedStream) -> Iterator[Finding]:
        for purpose in stream.purposes:
            yield from self._notes(purpose, f"{stream.name}: {purpose.title}")
        for purpose, words in figures_beside(stream, self._directory.organisations):
            yield Finding(Weight.NOTE, "figure-beside", f"{stream.name}: {purpose.title}", words)

    def _refused(self, body: DisclosureBody) -> tuple[Finding, ...]:
        kind = KindName.DISCLOSURE if body.household is None else KindName.HOME_DISCLOSURE
        try:
            check_disclosure(
                body, self._directory.products.get(body.product), organisations=self._directory.organisations
            )
            self._check(*self._say.sign(kind, body, subject=body.product))
        except (Refused, Malformed) as no:
            return (_refused(no),)
        return ()

    def _notes(self, purpose: DisclosedPurpose, where: str) -> Iterator[Finding]:
        def note(code: str, words: str) -> Finding:
            return Finding(Weight.NOTE, code, where, words)

        asks = any(view.ground == Ground.CHOICE for view in purpose.variants)
        if purpose.indicator is None:
            yield note("indicator-missing", "Nobody can see whether the benefit comes: say how it is measured.")
        elif purpose.indicator.figure is None:
            yield note("figure-missing", "The benefit is to be measured, and there is no figure yet.")
        if purpose.benefit.strip().lower() == "unknown":
            yield note("benefit-unknown", "The benefit is unknown; that is allowed, and people read it so.")
        if asks and not (purpose.if_yes and purpose.if_no):
            yield note("consequence-missing", "People are asked, and not told what follows from yes and from no.")
        if purpose.essential and not purpose.function:
            yield note("function-missing", "It is essential, and does not say for which function of the thing.")
        if purpose.retention_days > LONG_DAYS:
            yield note("kept-long", f"It is kept for {purpose.retention_days} days; say nothing longer than is needed.")
        if purpose.per_hour is None:
            yield note("rate-missing", "How many values an hour are expected is not said, so more is not noticed.")
        for code, words in _of_terms(purpose):
            yield note(code, words)
        for uri in purpose.recipients:
            party = self._directory.organisations.get(uri)
            if party is not None and party.site is None:
                yield note("place-missing", f"Where {party.name} handles it is not said.")


def _of_terms(purpose: DisclosedPurpose) -> Iterator[tuple[str, str]]:
    """What people would miss in what the purpose is called in other vocabularies: code and words."""
    if not purpose.terms:
        yield "terms-missing", "It names no term of a vocabulary (W3C DPV), so programs cannot compare it."
    for term in dict.fromkeys(purpose.terms):
        if is_known(term):
            continue
        if looks_like_one(term):
            yield (
                "term-unknown",
                f"W3C DPV {VERSION} has no purpose of this name, so no rule about one meets it: {term}",
            )
        else:
            yield (
                "term-foreign",
                f"It is of no vocabulary that is known here; nobody can tell whether it is a term: {term}",
            )


def _refused(no: TrothError) -> Finding:
    words = no.message if no.hint is None else f"{no.message}. {no.hint}"
    return Finding(Weight.REFUSED, no.code, "", words)
