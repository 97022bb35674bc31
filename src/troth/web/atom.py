"""A feed of what is new, as Atom; and when a reader that has it already needs nothing.

Rules
- Each entry has a name that stays the same; what is newest comes first; a text is text, never markup.
- A reader that shows the tag of what it has is answered 304, with nothing.
- A private feed is kept by nobody but its reader.

Source: RFC 4287; RFC 5005 (paged feeds); RFC 9110 §13.1.2 (If-None-Match), §15.4.5 (304).
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import Response

from troth.journeys.news import Item, Since
from troth.web.saying import iso

__all__ = ["Feed", "atom", "feed_response"]

_ATOM: Final = "http://www.w3.org/2005/Atom"
_TYPE: Final = "application/atom+xml; charset=utf-8"
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2
_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')


class Feed:
    """What a feed is called. `name`: of the feed for ever; `here`: its address; `page`: where a person reads the same."""

    def __init__(self, name: str, title: str, *, here: str, page: str, author: str) -> None:
        self.name = name
        self.title = title
        self.here = here
        self.page = page
        self.author = author


def atom(feed: Feed, items: Sequence[Item], *, empty_ns: int, before: Since | None = None) -> bytes:
    """The document. `empty_ns`: when it was updated, where there is nothing in it; always the same for the same.

    `before`: where the next document goes on (RFC 5005 §3), None for none.
    """
    root = ET.Element("feed", {"xmlns": _ATOM})
    _text(root, "id", feed.name)
    _text(root, "title", feed.title)
    _text(root, "updated", iso(max((each.said_ns for each in items), default=empty_ns)))
    _text(ET.SubElement(root, "author"), "name", feed.author)
    ET.SubElement(root, "link", {"rel": "self", "href": feed.here, "type": "application/atom+xml"})
    ET.SubElement(root, "link", {"rel": "alternate", "href": feed.page, "type": "text/html"})
    if before is not None:
        ET.SubElement(
            root, "link", {"rel": "next", "href": f"{feed.here}?before={before}", "type": "application/atom+xml"}
        )
    for each in items:
        entry = ET.SubElement(root, "entry")
        _text(entry, "id", f"urn:troth:news:{each.name}")
        _text(entry, "title", f"{each.title} ({each.about})" if each.about else each.title)
        _text(entry, "updated", iso(each.said_ns))
        _text(entry, "published", iso(each.said_ns))
        ET.SubElement(entry, "category", {"term": each.sort.value})
        ET.SubElement(entry, "link", {"rel": "alternate", "href": f"{feed.page}#{each.name}", "type": "text/html"})
        _text(entry, "content", each.words)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def feed_response(request: Request, document: bytes, *, private: bool) -> Response:
    """The document, or 304 to whoever has it."""
    tag = hashlib.sha256(document).hexdigest()[:32]
    headers = {
        "etag": f'"{tag}"',
        "cache-control": "private, no-cache" if private else "no-cache",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    asked = request.headers.get("if-none-match", "")
    if asked.strip() == "*" or tag in _TAG.findall(asked):
        return Response(status_code=304, headers=headers)
    return Response(document, headers=headers | {"content-type": _TYPE})


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
