"""Nothing flows around the gate: its stamps are made in one file only.

Stores take `Admitted`, `AdmittedMany` (made of `Admission`s) and `Released` and nothing else, so whoever could make one could
pass the gate by. Outside `gate/leases.py` a module may therefore name these classes where a type is written, in `isinstance`
and in a `match` pattern, and nowhere else: not call them, hand them on as a value, subclass them, give them another name, or
find them by text. In a module that names them, copying (`deepcopy`, `replace`, `type(x)(...)`) is refused as well, unless it
sets a field that no stamp has: then it copies something else, or fails. A module that never names them cannot receive one
without naming it: mypy wants every parameter typed.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT, python_files, shown, tree_of

STAMPS = frozenset({"Admission", "Admitted", "AdmittedMany", "Released"})
HOME = ROOT / "src" / "troth" / "things" / "stamps.py"
MAKER = ROOT / "src" / "troth" / "gate" / "leases.py"
COPYING = frozenset({"replace", "__replace__", "copy", "deepcopy", "force_setattr", "asdict", "astuple", "loads"})


def aliases(tree: ast.Module) -> set[str]:
    """The names by which a module could call a stamp, having imported it."""
    return set(STAMPS) | {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name in STAMPS
    }


def harmless(tree: ast.Module) -> set[int]:
    """Ids of all nodes that stand where a type is written, checked against, or exported."""
    roots: list[ast.AST | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.arg(annotation=kind) | ast.FunctionDef(returns=kind) | ast.AsyncFunctionDef(returns=kind):
                roots.append(kind)
            case ast.AnnAssign(annotation=kind, value=value):
                roots.append(kind)
                if (
                    isinstance(kind, ast.Name)
                    and kind.id == "TypeAlias"
                    and isinstance(value, ast.BinOp | ast.Subscript)
                ):
                    roots.append(value)
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                roots.append(kind)
            case ast.MatchClass(cls=kind):
                roots.append(kind)
            case ast.Assign(targets=[ast.Name(id="__all__")], value=names):
                roots.append(names)
            case _:
                pass
    return {id(inner) for root in roots if root is not None for inner in ast.walk(root)}


def fields() -> list[set[str]]:
    """The fields of each stamp."""
    return [
        {item.target.id for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)}
        for node in tree_of(HOME).body
        if isinstance(node, ast.ClassDef) and node.name in STAMPS
    ]


def copies(node: ast.AST) -> bool:
    """Whether this makes a value out of another one of a class that is not written down, and that could be a stamp."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in COPYING:
            pass
        case ast.Call(func=ast.Call(func=ast.Name(id="type"))) | ast.Call(func=ast.Attribute(attr="__class__")):
            pass
        case _:
            return False
    set_here = {keyword.arg for keyword in node.keywords if keyword.arg is not None}
    return any(set_here <= stamp for stamp in fields())


def made(tree: ast.Module) -> Iterator[ast.AST]:
    """Every place in a module that could make a stamp."""
    names = aliases(tree)
    fine = harmless(tree)
    knows = False
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=imported):
                knows |= any(name.name in STAMPS for name in imported)
                if module.endswith("stamps") and any(name.name == "*" for name in imported):
                    yield node
            case ast.Name(id=name) if name in names and id(node) not in fine:
                yield node
            case ast.Attribute(attr=name) if name in STAMPS and id(node) not in fine:
                yield node
            case ast.Constant(value=str(text)) if id(node) not in fine and (
                text in STAMPS or text.endswith("things.stamps")
            ):
                yield node
            case _:
                pass
        if isinstance(node, ast.Attribute) and node.attr in STAMPS:
            knows = True
    if knows:
        yield from (node for node in ast.walk(tree) if copies(node))


def source_files() -> list[Path]:
    return [path for path in python_files("src") if path not in {HOME, MAKER}]


def test_only_the_leases_make_stamps() -> None:
    found = [shown(path, node) for path in source_files() for node in made(tree_of(path))]
    assert not found, f"a stamp could be made outside gate/leases.py: {found}"


def test_the_stamps_are_declared_where_this_test_looks() -> None:
    declared = {node.name for node in tree_of(HOME).body if isinstance(node, ast.ClassDef)}
    assert declared >= STAMPS
    assert all("hold" in stamp or "admissions" in stamp for stamp in fields())
    calls = [node for node in ast.walk(tree_of(HOME)) if isinstance(node, ast.Call)]
    named = [node for call in calls for node in ast.walk(call.func) if isinstance(node, ast.Name) and node.id in STAMPS]
    assert not named, "the module that declares the stamps makes one"


@pytest.mark.parametrize(
    "planted",
    [
        "from troth.things.stamps import Admitted\nAdmitted(hold=h)",
        "from troth.things.stamps import Admitted as A\nA(hold=h)",
        "from troth.things import stamps\nstamps.Released(hold=h)",
        "import troth.things.stamps as s\ns.Released(hold=h)",
        "import troth.things.stamps\ntroth.things.stamps.Admitted(hold=h)",
        "from troth.things.stamps import *\n",
        "from troth.things.stamps import Released\nmsgspec.convert(row, Released)",
        "from troth.things.stamps import Released\nmsgspec.json.Decoder(type=Released)",
        "from troth.things.stamps import Released\nobject.__new__(Released)",
        "from troth.things.stamps import Released\nReleased.__new__(Released)",
        "from troth.things.stamps import Released\ncast(Released, row)",
        "from troth.things.stamps import Released\nclass Mine(Released): ...",
        "from troth.things.stamps import Released\nmake = Released",
        "from troth.things.stamps import Released\nMake: TypeAlias = Released",
        "from troth.things.stamps import Released\nmake = {'r': Released}['r']",
        "from troth.things.stamps import Released\nmake = partial(Released, hold=h)",
        "from troth.things.stamps import Released\ndef f(r: Released): return msgspec.structs.replace(r, hold=h)",
        "from troth.things.stamps import Released\ndef f(r: Released): return copy.replace(r, hold=h)",
        "from troth.things.stamps import Released\ndef f(r: Released): return replace(r, hold=h)",
        "from troth.things.stamps import Released\ndef f(r: Released): return r.__replace__(hold=h)",
        "from troth.things.stamps import Released\ndef f(r: Released): return copy.deepcopy(r)",
        "from troth.things.stamps import Released\ndef f(r: Released): return type(r)(hold=h)",
        "from troth.things.stamps import Released\ndef f(r: Released): return r.__class__(hold=h)",
        "from troth.things.stamps import Released\ndef f(r: Released): msgspec.structs.force_setattr(r, 'hold', h)",
        "from troth.things.stamps import Released\ndef f(r: Released): return copy.replace(r, **changes)",
        "from troth.things.stamps import Released\ndef f(r: Released): return type(r)(*astuple(r))",
        "import troth.things.stamps as s\ndef f(r: s.Released): return copy.replace(r, hold=h)",
        "getattr(stamps, 'Admitted')(hold=h)",
        "vars(stamps)['Admitted'](hold=h)",
        "importlib.import_module('troth.things.stamps')",
    ],
)
def test_a_planted_maker_is_seen(planted: str) -> None:
    assert list(made(ast.parse(planted)))


@pytest.mark.parametrize(
    "fine",
    [
        "from troth.things.stamps import Admitted\ndef append(rows: Admitted) -> None: ...",
        "from troth.things.stamps import Admitted\ndef append(rows: 'Admitted') -> None: ...",
        "from troth.things.stamps import Released\nclass Store:\n    rows: list[Released]",
        "from troth.things.stamps import Released\nok = isinstance(x, Released)",
        "from troth.things.stamps import Admitted, Released\nWork: TypeAlias = Admitted | Released",
        "from troth.things.stamps import Released\nmatch x:\n    case Released(): ...",
        "__all__ = ['Admitted', 'Released']",
        "def f(x): return copy.replace(x, hold=h)",
        "from troth.things.stamps import Released\ndef f(q: Query): return msgspec.structs.replace(q, times=t, top=1)",
    ],
)
def test_what_only_names_a_stamp_as_a_type_is_let_be(fine: str) -> None:
    assert not list(made(ast.parse(fine)))
