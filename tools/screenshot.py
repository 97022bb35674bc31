"""Take the picture of the README: a node with the demonstration neighbourhood, as a browser shows its first page after a no.

    .venv/bin/python tools/screenshot.py [FILE]

Rules
- The node lives in a folder of its own that is gone afterwards; nothing of this computer is in the picture.
- The file is at most 200 kB.

Left out: comparing pictures. tests/web checks what pages say and how they stand.
"""

import shutil
import struct
import sys
import tempfile
import zlib
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from troth.testing.program import NodeProgram

MAX_BYTES = 200_000
HERE = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAINLY = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-lcd-text")  # grey edges of letters pack better
MOVING_IN_MS = 120_000


def first_minute(page: Page, url: str) -> None:
    """Wait for the neighbourhood, open both cards, say no."""
    page.goto(url)
    page.get_by_role("button", name="Open both cards").click(timeout=MOVING_IN_MS)
    no = page.locator("article.mine").get_by_role("button", name="Say no")
    no.wait_for()
    expect(page.locator("article.mine .drawn path")).to_have_count(1)
    no.click()
    expect(page.locator("article.theirs .state")).to_contain_text("Shown coarser", timeout=10_000)
    page.evaluate("scrollTo(0, 0)")


def take(file: Path, browser: str) -> None:
    """Take the picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as driver,
        # The port is said twice because a node of the test kit comes without the neighbourhood unless it is told something.
        NodeProgram(Path(folder) / "data", options=("--http-port", "0")) as node,
    ):
        chromium = driver.chromium.launch(executable_path=browser, args=list(PLAINLY))
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        first_minute(page, node.url)
        said = page.locator("article.mine .state").bounding_box()
        if said is None:
            raise RuntimeError("there is no answer on the page")
        page.set_viewport_size({"width": 1280, "height": int(said["y"] + said["height"]) + 14})
        picture = page.screenshot()
        chromium.close()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(packed(picture))


def packed(png: bytes) -> bytes:
    """The same picture in fewer bytes: letters on plain paper pack better without filters (PNG §9, §10)."""
    parts, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        parts.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    header = next(data for name, data in parts if name == b"IHDR")
    width, height, depth, colours = struct.unpack(">IIBB", header[:10])
    if (depth, colours) != (8, 2):
        raise ValueError("the picture is not of 8-bit red, green and blue")
    lines = zlib.decompress(b"".join(data for name, data in parts if name == b"IDAT"))
    rows, size, above = [], 3 * width, bytearray(3 * width)
    for start in range(0, height * (size + 1), size + 1):
        above = unfiltered(lines[start], lines[start + 1 : start + 1 + size], above)
        rows.append(b"\0" + above)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return png[:8] + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def unfiltered(kind: int, line: bytes, above: bytearray) -> bytearray:
    """One line as it was before PNG's filter `kind`; three bytes a pixel."""
    now = bytearray(line)
    for at, up in enumerate(above):
        left, corner = (now[at - 3], above[at - 3]) if at > 2 else (0, 0)
        match kind:
            case 1:
                guess = left
            case 2:
                guess = up
            case 3:
                guess = (left + up) // 2
            case 4:
                guess = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
            case _:
                return now
        now[at] = (now[at] + guess) & 255
    return now


def main(arguments: list[str]) -> int:
    """Exit code 0 when the picture is there."""
    file = Path(arguments[0]) if arguments else HERE / "docs" / "images" / "street.png"
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.stderr.write("This needs a Chromium.\n")
        return 1
    take(file, browser)
    size = file.stat().st_size
    sys.stdout.write(f"{file}: {size} bytes\n")
    return 0 if size <= MAX_BYTES else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
