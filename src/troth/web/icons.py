"""Icons of the senses, drawn here: one path each in a box of 24 × 24, in the colour of the text around it.

Rules
- An icon never stands alone: the name of its sense is read aloud with it.

Source: people.md, "Rules" (icons for senses, read aloud by name).
"""

from typing import Final

__all__ = ["ICONS", "icon"]

ICONS: Final = {
    "temperature": "M10 14V5.5a2 2 0 0 1 4 0V14a4 4 0 1 1-4 0zM12 9v8",
    "power": "M13 3 5.5 13.5H11L10 21l8-11h-5.5z",
    "water": "M12 3.5c4 4.8 6 8 6 10.8a6 6 0 0 1-12 0c0-2.8 2-6 6-10.8zM9 14.5a3 3 0 0 0 3 3",
    "level": "M3 8c3-2.5 6 2.5 9 0s6-2.5 9 0M3 13c3-2.5 6 2.5 9 0s6-2.5 9 0M3 18c3-2.5 6 2.5 9 0s6-2.5 9 0",
    "presence": "M12 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM6 20.5v-3a6 6 0 0 1 12 0v3",
    "sound": "M4 10v4h3.5L12 18V6L7.5 10zM15.5 9.5a3.5 3.5 0 0 1 0 5M18 7a7 7 0 0 1 0 10",
    "camera": "M3 8h4l1.5-2.5h7L17 8h4v11H3zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
    "load": "M4 17.5a8.5 8.5 0 1 1 16 0M12 16.5l4-6",
    "moisture": "M12 21v-8M12 13c0-4 3-6.5 7.5-6.5 0 4.5-3 6.5-7.5 6.5zM12 16c0-3.5-2.5-5.5-6.5-5.5 0 3.5 2.5 5.5 6.5 5.5z",
    "air": "M7 18a4 4 0 0 1-.5-8A5.5 5.5 0 0 1 17 9a4.5 4.5 0 0 1 .5 9z",
    "wind": "M3 9h10.5a2.5 2.5 0 1 0-2.4-3.2M3 13h15a2.5 2.5 0 1 1-2.4 3.2M3 17h7.5",
    "light": (
        "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v2M12 19v2M3 12h2M19 12h2"
        "M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4"
    ),
    "location": "M12 21c4.5-5 6.5-8.2 6.5-11a6.5 6.5 0 0 0-13 0c0 2.8 2 6 6.5 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
    "motion": "M3 12h4l2.5-7 5 14L17 12h4",
    "home": "M4 11.5 12 4.5l8 7M6 10v9.5h12V10",
    "other": "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 8v5M12 16v.2",
}


def icon(sense: str) -> str:
    """Path data of a sense, or of "something"."""
    return ICONS.get(sense, ICONS["other"])
