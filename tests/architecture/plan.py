"""The whole plan of who may import whom, and the part of it that can be written down today.

import-linter refuses a contract that names a missing module, so pyproject.toml holds the plan cut down to what has landed.
`make contracts` (this file, run as a program) writes that part; test_contracts.py compares, so that no module lands
outside its fence. `|` between rooms of one layer means that they may not see each other either.
"""

import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LAYERS = (
    "harbour | testing | __main__",
    "cli",
    "app",
    "drivers",
    "settings",
    "web | api | ingest | adapters",
    "wire",
    "journeys",
    "gate | tasking | guard | practice | forum",
    "state | verify",
    "statements",
    "things | tlog",
    "signing",
    "names | clock",
    "errors | spans",
)

PURE = (
    "statements",
    "things",
    "state",
    "gate",
    "verify",
    *(f"tlog.{name}" for name in ("merkle", "tiles", "checkpoint", "receipt", "proof", "trace", "segment")),
    *(f"tlog.{name}" for name in ("spelling", "cosignature", "add_checkpoint", "fork", "trust_policy")),
    "signing.cbor",
    "signing.cose",
    "signing.sign1",
    "names",
    "errors",
    "spans",
)

IMPURE = ("clock", "signing.keys", "tlog.storage", "tlog.sequencer", "tlog.collecting", "tlog.witness")

OUTSIDE = (
    *("asyncio", "sqlite3", "socket", "ssl", "pathlib", "os", "time", "random", "threading", "multiprocessing"),
    *("subprocess", "starlette", "uvicorn", "uvloop", "sqlalchemy", "jinja2"),
)

STORES = ("things.stores", "things.stamps", "statements.journal", "signing.keys", "tlog.storage", "tlog.sequencer")

UNSEEN_BY_HARBOUR = (
    *("cli", "app", "drivers", "settings", "web", "api", "ingest", "adapters", "wire.problems", "wire.credentials"),
    *("wire.limits", "wire.odata", "journeys", "gate", "state", "verify", "statements", "tlog"),
)


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract of the plan: lists of modules under `troth`, of which the `needed` ones must not come out empty."""

    name: str
    type: str
    lists: dict[str, tuple[str, ...]]
    needed: tuple[str, ...]
    external: tuple[str, ...] = ()
    flags: dict[str, bool] = field(default_factory=dict)


CONTRACTS = (
    Contract(
        "2 pure core",
        "forbidden",
        {"source_modules": PURE, "forbidden_modules": IMPURE},
        ("source_modules",),
        external=OUTSIDE,
    ),
    Contract(
        "3 adapters",
        "protected",
        {"protected_modules": ("adapters",), "allowed_importers": ("drivers",)},
        ("protected_modules",),
    ),
    Contract(
        "3 drivers",
        "protected",
        {"protected_modules": ("drivers",), "allowed_importers": ("app",)},
        ("protected_modules",),
    ),
    Contract(
        "5 doors",
        "forbidden",
        {
            "source_modules": ("web", "api", "ingest"),
            "forbidden_modules": (*STORES, "gate.leases", "gate.decide", "gate.connecting", "gate.grounds", "state"),
        },
        ("source_modules", "forbidden_modules"),
        flags={"allow_indirect_imports": True},
    ),
    Contract(
        "6 decide",
        "protected",
        {"protected_modules": ("gate.decide",), "allowed_importers": ("journeys",)},
        ("protected_modules",),
    ),
    Contract(
        "7 settings",
        "protected",
        {"protected_modules": ("settings",), "allowed_importers": ("app", "cli", "drivers", "testing")},
        ("protected_modules",),
    ),
    Contract("8 state and log", "independence", {"modules": ("state", "tlog")}, ("modules",)),
    Contract(
        "8 statements and log",
        "forbidden",
        {"source_modules": ("statements",), "forbidden_modules": ("tlog",)},
        ("source_modules", "forbidden_modules"),
    ),
    Contract(
        "9 harbour",
        "forbidden",
        {"source_modules": ("harbour",), "forbidden_modules": UNSEEN_BY_HARBOUR},
        ("source_modules", "forbidden_modules"),
    ),
)

Value = str | bool | list[str]


def landed(module: str, source: Path) -> bool:
    """Whether `module` (a dotted name under troth) exists below `source`."""
    path = source / "troth" / Path(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def due(source: Path) -> list[dict[str, Value]]:
    """The contracts that pyproject.toml must hold, given what has landed below `source`."""
    contracts: list[dict[str, Value]] = [
        {
            "name": "1 layers",
            "type": "layers",
            "containers": ["troth"],
            "exhaustive": True,
            "layers": [
                " | ".join(room if landed(room, source) else f"({room})" for room in layer.split(" | "))
                for layer in LAYERS
            ],
        },
        {"name": "4 cycles", "type": "acyclic_siblings", "ancestors": ["troth"]},
    ]
    for contract in CONTRACTS:
        lists = {
            key: [f"troth.{module}" for module in modules if landed(module, source)]
            for key, modules in contract.lists.items()
        }
        fewest = 2 if contract.type == "independence" else 1
        if any(len(lists[key]) < fewest for key in contract.needed):
            continue
        if contract.external:
            lists["forbidden_modules"] += contract.external
        contracts.append({"name": contract.name, "type": contract.type, **lists, **contract.flags})
    return sorted(contracts, key=lambda contract: str(contract["name"]))


def written(project: Path) -> list[dict[str, Value]]:
    """The contracts that a pyproject.toml holds."""
    contracts: list[dict[str, Value]] = tomllib.loads(project.read_text())["tool"]["importlinter"]["contracts"]
    return contracts


def as_toml(contracts: list[dict[str, Value]]) -> str:
    """The contracts as the tables of pyproject.toml."""
    lines = []
    for contract in contracts:
        lines.append("[[tool.importlinter.contracts]]")
        for key, value in contract.items():
            if isinstance(value, list):
                lines += [f"{key} = [", *(f'  "{item}",' for item in value), "]"]
            else:
                lines.append(f"{key} = {str(value).lower()}" if isinstance(value, bool) else f'{key} = "{value}"')
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Write the contracts that are due into pyproject.toml."""
    project = ROOT / "pyproject.toml"
    fresh = as_toml(due(ROOT / "src"))
    text, found = re.subn(
        r"(?<=^# contracts begin\n).*?(?=^# contracts end$)", fresh, project.read_text(), flags=re.DOTALL | re.MULTILINE
    )
    if found != 1:
        sys.stderr.write("pyproject.toml lacks the lines '# contracts begin' and '# contracts end'\n")
        return 1
    project.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
