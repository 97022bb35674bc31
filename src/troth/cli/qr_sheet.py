"""A sheet of claim tokens to print: one label for each thing, with its name, its place, its token as text and as a QR code.

Rules
- One HTML file that asks for nothing else. Black on white, A4, eighteen labels a page, none cut by the end of a page.
- A code holds the text that a device reads (`cli/claim_tokens`), at error correction M: a corner may be dirty.
- Who has the sheet can become these things: the file is 0600, and says so on every page.

Source: ISO/IEC 18004 (by segno); things.md, "A thing joins".
"""

import io
from collections.abc import Iterable
from html import escape
from typing import Final

import segno

from troth.cli.claim_tokens import Claim
from troth.wire.claim_text import claim_text

__all__ = ["LABELS_A_PAGE", "sheet_of"]

LABELS_A_PAGE: Final = 18  # three beside each other, six below: 60 mm by 42 mm each
_MASK: Final = 3  # tokens are random, so no mask is better than another; looking for the best takes five times as long
_GROUP: Final = 4  # characters of a token between two small gaps, which are no characters
_STYLE: Final = """
@page { size: A4; margin: 12mm 10mm }
* { box-sizing: border-box; margin: 0 }
body { font: 9pt/1.25 system-ui, sans-serif; color: #000; background: #fff }
section { width: 190mm; margin: 0 auto; break-after: page; padding: 1mm 0 }
section:last-of-type { break-after: auto }
header { display: flex; justify-content: space-between; gap: 4mm; font-size: 8pt; padding-bottom: 2mm }
ol { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 2mm }
li { height: 42mm; border: .3mm solid #000; padding: 2mm; break-inside: avoid; display: grid;
     grid-template-columns: 28mm minmax(0, 1fr); grid-template-rows: minmax(0, 1fr) auto; gap: 1mm 2mm; overflow: hidden }
li div { overflow: hidden }
li svg { width: 28mm; height: 28mm; display: block }
h2 { font-size: 9.5pt; line-height: 1.15; max-height: 3.45em; overflow: hidden; overflow-wrap: anywhere }
p { font-size: 8pt; max-height: 2.5em; overflow: hidden; overflow-wrap: anywhere }
code { font: 7.4pt/1.25 ui-monospace, monospace; overflow-wrap: anywhere }
header span:last-child { white-space: nowrap }
.token { grid-column: 1 / 3; display: flex; flex-wrap: wrap; column-gap: .9mm }
@media screen {
  body { padding: 4mm; background: #ddd }
  section { background: #fff; margin-bottom: 6mm; padding: 6mm 5mm; width: 200mm; max-width: 100% }
}
@media screen and (max-width: 205mm) {
  ol { grid-template-columns: repeat(auto-fill, minmax(60mm, 1fr)) }
  header { flex-wrap: wrap }
}
"""


def sheet_of(claims: Iterable[Claim], *, url: str) -> bytes:
    """The sheet as HTML in UTF-8. `url`: where things reach the node."""
    every = list(claims)
    pages = [every[at : at + LABELS_A_PAGE] for at in range(0, len(every), LABELS_A_PAGE)]
    made = "".join(
        f"<section><header><span>Claim tokens of things at {escape(url)}</span>"
        f"<span>Whoever reads a label can become that thing. Destroy the sheet when all have joined.</span>"
        f"<span>{number} / {len(pages)}</span></header><ol>{''.join(_label(each, url) for each in page)}</ol></section>"
        for number, page in enumerate(pages, 1)
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Claim tokens</title><style>{_STYLE}</style>{made}</html>\n"
    ).encode()


def _label(claim: Claim, url: str) -> str:
    drawn = io.BytesIO()
    code = segno.make(claim_text(url, claim.claim), error="m", boost_error=False, micro=False, mask=_MASK)
    code.save(drawn, kind="svg", border=2, xmldecl=False, svgns=False, omitsize=True, svgclass=None, lineclass=None)
    groups = "".join(
        f"<span>{escape(claim.claim[at : at + _GROUP])}</span>" for at in range(0, len(claim.claim), _GROUP)
    )
    return (
        f"<li>{drawn.getvalue().decode()}<div><h2>{escape(claim.name)}</h2><p>{escape(claim.place)}</p>"
        f"<code>{escape(claim.slug)}</code></div><code class=token>{groups}</code></li>"
    )
