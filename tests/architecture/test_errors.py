"""Every error of the package stands in one tree, has a code of its own, and is explained where people look."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable

import troth
from tests.architecture.trees import ROOT
from troth import errors
from troth.errors import TrothError

PAGE = ROOT / "docs" / "reference" / "errors.md"
KEBAB = re.compile(r"[a-z]+(?:-[a-z]+)*")
FAMILIES = (errors.Malformed, errors.Refused, errors.Unavailable)


def modules() -> list[str]:
    """Every module of the package by name, each of them imported."""
    names = [info.name for info in pkgutil.walk_packages(troth.__path__, "troth.")]
    for name in names:
        importlib.import_module(name)
    return names


def ours() -> list[type[BaseException]]:
    """Every exception class that the package defines, wherever it hides.

    What is no Exception is no error: the simulated loss of power (testing/disk) ends everything and nobody may catch it.
    """
    modules()
    found: list[type[BaseException]] = []
    waiting: list[type[BaseException]] = [Exception]
    seen: set[type[BaseException]] = set()
    while waiting:
        for kind in type.__subclasses__(waiting.pop()):
            if kind not in seen:
                seen.add(kind)
                waiting.append(kind)
                if kind.__module__.partition(".")[0] == "troth":
                    found.append(kind)
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


def faults(kinds: Iterable[type[BaseException]], *, drawn: str, headings: Iterable[str]) -> list[str]:
    """What is wrong with these classes, given the drawing of the tree and the headings of the page."""
    wrong: list[str] = []
    codes: dict[str, str] = {}
    known = list(headings)
    for kind in kinds:
        name = kind.__name__
        if not issubclass(kind, TrothError):
            wrong.append(f"{name} stands outside the tree")
            continue
        if kind is not TrothError and not issubclass(kind, FAMILIES):
            wrong.append(f"{name} belongs to no family")
        code = vars(kind).get("code")
        if not isinstance(code, str) or KEBAB.fullmatch(code) is None:
            wrong.append(f"{name} has no kebab-case code of its own")
            continue
        if code in codes:
            wrong.append(f"{name} and {codes[code]} share the code {code}")
        codes[code] = name
        if re.search(rf"\b{name}\b", drawn) is None:
            wrong.append(f"{name} is not drawn in the tree")
        if code not in known:
            wrong.append(f"{code} has no heading in docs/reference/errors.md")
        if not kind.__doc__:
            wrong.append(f"{name} has no docstring")
    wrong += [f"the heading {code} belongs to no error" for code in known if code not in codes]
    return wrong


def headings(page: str) -> list[str]:
    return re.findall(r"^## (.+)$", page, flags=re.MULTILINE)


def test_every_error_has_its_place_its_code_and_its_heading() -> None:
    found = faults(ours(), drawn=inspect.getdoc(errors) or "", headings=headings(PAGE.read_text()))
    assert not found


def test_every_heading_says_how_it_is_seen_and_what_to_do() -> None:
    for part in PAGE.read_text().split("\n## ")[1:]:
        title = part.partition("\n")[0]
        assert "**Seen as:**" in part, title
        assert "**What to do:**" in part, title


def test_every_public_error_is_exported() -> None:
    here = {kind.__name__ for kind in ours() if kind.__module__.startswith("troth.errors.")}
    assert here == set(errors.__all__)


def test_all_modules_are_walked() -> None:
    source = ROOT / "src"
    written = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        for path in (source / "troth").rglob("*.py")
    }
    assert written - {"troth"} == set(modules())


def test_planted_faults_are_seen() -> None:
    class Stray(ValueError):
        """Outside the tree."""

    class Loose(TrothError):
        """Of no family."""

        code = "loose"

    class Silent(errors.BadCbor):
        """Inherits its code."""

    class Loud(errors.Malformed):
        """Not kebab case."""

        code = "Too_Loud"

    class Twin(errors.Malformed):
        """Takes another's code."""

        code = "bad-cbor"

    class Mute(errors.Malformed):
        code = "mute"

    planted = [Stray, Loose, Silent, Loud, errors.BadCbor, Twin, Mute]
    assert faults(planted, drawn="BadCbor Mute", headings=["bad-cbor", "mute", "gone"]) == [
        "Stray stands outside the tree",
        "Loose belongs to no family",
        "Loose is not drawn in the tree",
        "loose has no heading in docs/reference/errors.md",
        "Silent has no kebab-case code of its own",
        "Loud has no kebab-case code of its own",
        "Twin and BadCbor share the code bad-cbor",
        "Twin is not drawn in the tree",
        "Mute has no docstring",
        "the heading gone belongs to no error",
    ]
