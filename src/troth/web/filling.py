"""The form in which a thing is put in words on a page: what was filled in, and what it means.

Rules
- A form is multipart, so that a file can be sent with it: at most 512 KiB, 40 fields and one file. A small one may be
  urlencoded like all others.
- Names are those of the fields; a field that is missing is an empty one.
- A file goes before what was pasted. What cannot be read is said in the words of the page, and what was filled in stays.

Source: RFC 7578; people.md, "Words".
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Final

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from troth.errors import BadName, Malformed, Refused, TooLarge, WrongKind
from troth.journeys.inherit import TypedThing
from troth.journeys.simple import Words
from troth.names import HouseholdId, Uri, check_slug, check_uri, parse_id
from troth.web.forms import fields_of
from troth.wire.bodies import check_length, kind_of

__all__ = ["IN_PUBLIC", "Filled", "filled_in"]

FORM_BYTES: Final = 524_288  # a description has at most 256 KiB, and its words come beside it
FIELDS: Final = 40
IN_PUBLIC: Final = "public"  # in the place of a household: it concerns nobody
_TEXT_MAX: Final = 200  # as in the forms of the interface
_SENTENCE_MAX: Final = 2_000
_NEEDED: Final = {
    "place": "Where it is",
    "home": "Whose home it is in",
    "by": "Who answers for it",
    "contact": "How they are reached",
    "considered": "Who could be harmed by it",
}


class Filled(msgspec.Struct, frozen=True):
    """What was filled in, by the name of the field; `description` is the file or what was pasted."""

    fields: Mapping[str, str]
    description: str

    def get(self, name: str) -> str:
        """A field without space around it; empty where it was left out."""
        return self.fields.get(name, "").strip()

    def words(self, operator: Uri) -> Words:
        """What no description says. `operator` answers where no other organisation is chosen.

        Raises:
            Refused, BadName: something is missing or cannot be read, named as on the page.
        """
        for name, title in _NEEDED.items():
            if not self.get(name):
                raise Refused(f"“{title}” is not filled in")
        home = self._home()
        days = self.get("keep_days")
        if not (days.isascii() and days.isdigit()) or len(days) > 5:
            raise Refused("how many days data are kept is a number")
        return Words(
            place=self._short("place"),
            nobody=home is None,
            answers=check_uri(self.get("answers")) if self.get("answers") else operator,
            by=self._short("by"),
            contact=self._short("contact"),
            considered=self.get("considered")[:_SENTENCE_MAX],
            keep_days=int(days),
            reach=self.get("reach") or "declared",
            ways_out=self.get("ways_out")[:_SENTENCE_MAX] or None,
            name=self._short("name") or None,
            household=home,
            slug=self._slug(),
        )

    def typed(self) -> TypedThing:
        """A further thing of a kind. Raises as `words`."""
        for name, title in (("type", "Which kind"), ("name", "What people call it"), ("place", "Where it is")):
            if not self.get(name):
                raise Refused(f"“{title}” is not filled in")
        if not self.get("home"):
            raise Refused(f"“{_NEEDED['home']}” is not filled in")
        return TypedThing(
            self.get("type"), self._short("name"), self._short("place"), self._slug(), household=self._home()
        )

    def _home(self) -> HouseholdId | None:
        home = self.get("home")
        return None if home == IN_PUBLIC else HouseholdId(parse_id("ho", home))

    def _slug(self) -> str | None:
        slug = self.get("slug")
        if not slug:
            return None
        try:
            return check_slug(slug)
        except BadName as cause:
            raise Refused("a short name has small letters a to z, digits and hyphens, at most 64") from cause

    def _short(self, name: str) -> str:
        text = self.get(name)
        if len(text) > _TEXT_MAX:
            raise Refused(f"names and places have at most {_TEXT_MAX} characters")
        return text


async def filled_in(request: Request) -> Filled:
    """What a form of this page sent.

    Raises:
        TooLarge, WrongKind, Malformed: it is no such form.
    """
    kind = kind_of(request.headers.raw)
    if kind == "application/x-www-form-urlencoded":
        fields = await fields_of(request)
        return Filled(fields, fields.get("description", ""))
    if kind != "multipart/form-data":
        raise WrongKind("this form is sent as multipart/form-data")
    check_length(request.headers.raw, limit=FORM_BYTES)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise TooLarge("this form has at most 512 KiB")
    parser = MultiPartParser(
        request.headers, _once(bytes(body)), max_files=1, max_fields=FIELDS, max_part_size=FORM_BYTES
    )
    try:
        form = await parser.parse()
        fields = {name: each for name, each in form.items() if isinstance(each, str)}
        sent = form.get("file")
        file = await sent.read() if isinstance(sent, UploadFile) else b""
        await form.close()
    except (MultiPartException, KeyError, UnicodeDecodeError) as cause:
        raise Malformed("this form cannot be read") from cause
    try:
        description = file.decode() if file.strip() else fields.get("description", "")
    except UnicodeDecodeError as cause:
        raise Malformed("the file is not text in UTF-8") from cause
    return Filled(fields, description)


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
