"""Members of a JSON value, declared one by one: what is not named is not taken in, and is shown to nobody. Pure.

Rules
- Either every purpose of a stream names members, or none does; the stream is then one of JSON values.
- Each view of such a purpose names members too (`only`), and no other than the purpose does; a count shows none.
- What is taken in has no member, at any depth, that no grounded purpose names; what is no map has no members, and is not taken
  in.
- Members are named by their paths (`air/temperature`); a path means all that is below it, and none lies in another.

Source: mission.md (F3: an undeclared field is refused at ingress); docs/decisions/0064-nothing-begins-unannounced.md.
"""

from collections.abc import Collection, Sequence
from typing import Final

from troth.errors import BadCbor, Refused
from troth.signing import cbor
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.passport import PassportBody
from troth.things.member_paths import DEPTH_MAX, apart, are_within
from troth.things.member_paths import has_only as named_only
from troth.things.variants import Statistic, Variant

__all__ = ["FIELDS_MAX", "check_fields", "has_only", "joined"]

FIELDS_MAX: Final = 64  # as many members as a value with names of its own is likely to have


def check_fields(body: DisclosureBody, passport: PassportBody | None) -> None:
    """Return if the members that a disclosure names can be meant, and its views show no others.

    Raises:
        Refused: they cannot, or one does.
    """
    types = {} if passport is None else {each.name: each.type for each in passport.streams}
    for stream in body.streams:
        named = [each for each in stream.purposes if each.fields]
        if not named:
            continue
        if types.get(stream.name, "json") != "json":
            raise Refused("members are named of JSON values only")
        if len(named) < len(stream.purposes):
            raise Refused("either every purpose of a stream names the members it is about, or none does")
        for purpose in named:
            _check(purpose)


def joined(fields: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The members that several uses name together, sorted; none where one of them is about the whole value."""
    return tuple(sorted({name for each in fields for name in each})) if all(fields) else ()


def has_only(result: object, fields: Collection[str]) -> bool:
    """Whether a JSON value (deterministic CBOR) is a map of these members."""
    if not isinstance(result, bytes):
        return False
    try:
        value = cbor.decode(result)
    except BadCbor:
        return False
    return named_only(value, fields)


def _check(purpose: DisclosedPurpose) -> None:
    names = purpose.fields
    if len(set(names)) != len(names) or len(names) > FIELDS_MAX or not all(map(_is_path, names)) or not apart(names):
        raise Refused(
            f"a purpose names each member once, and at most {FIELDS_MAX}",
            hint="A member below another is named by its path, as air/temperature; a path means all that is below it.",
        )
    for each in purpose.variants:
        view = Variant.named(each.variant)
        if view is None or view.statistic is Statistic.COUNT:
            continue
        if view.only is None or not are_within(view.only, names):
            raise Refused(
                f"the view {view} shows members that the purpose does not name",
                hint="Name them in the view, as only=temperature, or in the purpose.",
            )


def _is_path(text: str) -> bool:
    names = text.split("/")
    return len(names) <= DEPTH_MAX and all(each.strip() for each in names)
