"""Which browser somebody comes with, in words: enough to know one's own devices again, and no more.

Rules
- What is said is put together from the words here; nothing that was sent is kept.
- What is not known is "a browser" or "a program", never a guess at a version.

Source: RFC 9110 §10.1.5 (User-Agent).
"""

from typing import Final

from starlette.requests import Request

__all__ = ["browser_of", "browser_words"]

# The first that is found counts: browsers name those that they resemble too.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("HeadlessChrome", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
)


def browser_of(request: Request) -> str:
    """The browser of a request."""
    return browser_words(request.headers.get("user-agent", ""))


def browser_words(agent: str) -> str:
    """A User-Agent in words, as "Firefox on Linux"."""
    name = next((words for sign, words in _BROWSERS if sign in agent), "")
    system = next((words for sign, words in _SYSTEMS if sign in agent), "")
    if not name:
        name = "a browser" if agent.startswith("Mozilla/") else "a program"
    return f"{name} on {system}" if system else name
