"""Views in words, as templates ask for them: by the view itself or by its text.

Source: people.md, "Words".
"""

from troth.things.view_words import view_words

__all__ = ["ViewWords"]


class ViewWords:
    """What each view is called on pages."""

    def __getitem__(self, view: str) -> str:
        """The words of a view."""
        return view_words(view)

    def get(self, view: str, _: str = "") -> str:
        """The same, of a text that may be no view: then it is given back."""
        return view_words(view)
