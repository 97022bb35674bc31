"""What a page is sent: fields of a form, numbers in an address, and where to go afterwards.

Rules
- A form is urlencoded UTF-8 of at most 8 KiB and 20 fields; what is not is refused.
- Where to go afterwards is one of our own pages, never an address that was sent.

Source: WHATWG URL §5.1 (urlencoded parsing).
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

from troth.errors import Malformed, NotFound, TooLarge, WrongKind
from troth.wire.bodies import check_length, kind_of

__all__ = ["back_to", "days_of", "fields_of", "notice_of_form", "number_of"]

FORM_BYTES: Final = 8_192
FIELDS: Final = 20
DAYS_END: Final = 10_000  # of a number of days: more than anything here lasts
NUMBERS_BELOW: Final = 1 << 53  # formats.md: an @iot.id is an integer below 2^53
_PAGES: Final = frozenset({"/", "/mine", "/screen", "/operate", "/grounds"})
_PLACE: Final = re.compile(r"[a-z0-9-]{1,80}")


async def fields_of(request: Request) -> Mapping[str, str]:
    """A form's fields, one value each.

    Raises:
        TooLarge, Malformed, WrongKind: it is no such form.
    """
    if kind_of(request.headers.raw) != "application/x-www-form-urlencoded":
        raise WrongKind("a form here is urlencoded")
    check_length(request.headers.raw, limit=FORM_BYTES)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise TooLarge("a form here has at most 8 KiB")
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError as cause:
        raise Malformed("a form here is urlencoded UTF-8") from cause
    return {name: values[0] for name, values in fields.items()}


def back_to(fields: Mapping[str, str], default: str) -> str:
    """Where to go after a form: one of our own pages, and a place on it."""
    page = fields.get("back", "")
    if page not in _PAGES:
        page = default
    place = fields.get("place", "")
    return f"{page}#{place}" if _PLACE.fullmatch(place) else page


def number_of(text: str) -> int:
    """A number in an address.

    Raises:
        NotFound: it is none, or larger than any number here.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 16 or int(text) >= NUMBERS_BELOW:
        raise NotFound("there is nothing of that number here")
    return int(text)


def notice_of_form(form: Mapping[str, str]) -> bytes:
    """The digest of the text of the duties that was shown.

    Raises:
        Malformed: it is none.
    """
    try:
        return bytes.fromhex(form.get("notice", ""))
    except ValueError as cause:
        raise Malformed("a share names the text of the duties that was shown") from cause


def days_of(text: str) -> int:
    """So many days.

    Raises:
        Malformed: no number, or too many.
    """
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < DAYS_END:
        raise Malformed("days are a number")
    return int(text)
