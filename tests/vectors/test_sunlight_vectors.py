"""Another log's files: paths, lengths and notes as Sunlight writes them, read where they are C2SP's and refused where not."""

import asyncio
import base64
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from troth.api.log import routes
from troth.errors import BadNote, BadPath, BadProof
from troth.tlog.checkpoint import parse_checkpoint, parse_note
from troth.tlog.merkle import Tree, root_of, verify_inclusion
from troth.tlog.tiles import WIDTH, Tile, decode_bundle, decode_tile, parse_path

FOLDER = Path("log-vectors/filosottile-sunlight")
RUN = Path("cmd/skylight/testdata")
MIRROR = RUN / "witness/mirror/000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706"
NAVIGLI = Path("testdata/navigli2025h2")
TREES = (RUN / "tree", MIRROR, NAVIGLI)
OTHER_LAYOUTS = ("tile/data/", "tile/names/")  # Certificate Transparency's own


def files_of(shared_data: Path, tree: Path) -> dict[str, bytes]:
    top = shared_data / FOLDER / tree
    return {str(path.relative_to(top)): path.read_bytes() for path in (top / "tile").rglob("*") if path.is_file()}


@pytest.mark.parametrize("tree", TREES, ids=["skylight", "mirror", "navigli"])
def test_every_path_is_the_one_we_would_give_it_or_of_another_layout(shared_data: Path, tree: Path) -> None:
    files = files_of(shared_data, tree)
    ours = [path for path in files if not path.startswith(OTHER_LAYOUTS)]
    assert ours
    for path in ours:
        assert path == parse_path(path).path
    for path in files.keys() - set(ours):
        with pytest.raises(BadPath):
            parse_path(path)


@pytest.mark.parametrize("tree", [MIRROR, NAVIGLI], ids=["mirror", "navigli"])
def test_every_tile_of_hashes_has_the_length_that_its_name_says(shared_data: Path, tree: Path) -> None:
    tiles = {
        path: data for path, data in files_of(shared_data, tree).items() if path.startswith(("tile/0/", "tile/1/"))
    }
    assert tiles
    for path, data in tiles.items():
        name = parse_path(path)
        assert name.width == len(decode_tile(data, width=name.width))
        with pytest.raises(BadProof):
            decode_tile(data, width=name.width - 1)


def test_a_partial_tile_is_the_beginning_of_the_full_one(shared_data: Path) -> None:
    files = files_of(shared_data, NAVIGLI)
    full = [index for index in range(4) if Tile(0, index).path in files]
    assert [0, 1, 2, 3] == full
    partial, whole = files[Tile(0, 3, 10).path], files[Tile(0, 3).path]
    assert whole.startswith(partial)


def test_what_is_named_a_tile_and_is_none_is_refused(shared_data: Path) -> None:
    """The files of the serving tests say what they are in words; so do the mirror's bundles."""
    files = files_of(shared_data, RUN / "tree")
    for path in ("tile/0/000", "tile/0/001.p/44"):
        with pytest.raises(BadProof):
            decode_tile(files[path], width=parse_path(path).width)
    for path in ("tile/entries/000", "tile/entries/001.p/44"):
        with pytest.raises(BadProof):
            decode_bundle(files_of(shared_data, MIRROR)[path], width=parse_path(path).width)


@pytest.mark.parametrize(
    ("path", "origin", "signers"),
    [
        (RUN / "tree/checkpoint", "rome2026h1.example.org", ["rome2026h1.example.org"]),
        (
            RUN / "witness/000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706/checkpoint",
            "rome2026h1.example.org",
            ["rome2026h1.example.org", "witness.example.org"],
        ),
        (
            RUN / "witness2/88ad7a28caeb0b2aa890fdf0304c2fcaf59fca2ee140134ff8c1300bac493482/checkpoint",
            "milan2026h1.example.org",
            ["witness2.example.org"],
        ),
        (MIRROR / "checkpoint", "rome2026h1.example.org", ["mirror.example.org"]),
    ],
    ids=["log", "cosigned", "witness only", "mirror"],
)
def test_checkpoints_are_read_with_all_who_signed(
    shared_data: Path, path: Path, origin: str, signers: list[str]
) -> None:
    data = (shared_data / FOLDER / path).read_bytes()
    note = parse_note(data)
    assert data == note.encode()
    checkpoint = parse_checkpoint(note.text)
    assert (origin, 300, signers) == (checkpoint.origin, checkpoint.size, [line.name for line in note.signatures])
    assert base64.b64encode(checkpoint.root) == data.splitlines()[2]


@pytest.mark.parametrize("folder", ["witness", "witness/mirror"])
def test_a_decoy_is_no_checkpoint(shared_data: Path, folder: str) -> None:
    with pytest.raises(BadNote):
        parse_note((shared_data / FOLDER / RUN / folder / "checkpoint").read_bytes())


def test_the_mirrors_tiles_hash_to_its_checkpoint_through_both_levels(shared_data: Path) -> None:
    files = files_of(shared_data, MIRROR)
    full = decode_tile(files["tile/0/000"], width=WIDTH)
    edge = decode_tile(files["tile/0/001.p/44"], width=44)
    checkpoint = parse_checkpoint(parse_note((shared_data / FOLDER / MIRROR / "checkpoint").read_bytes()).text)
    assert checkpoint.root == root_of(full + edge)
    assert [root_of(full)] == decode_tile(files["tile/1/000.p/1"], width=1)
    tree = Tree(full + edge)
    for index in (0, 255, 256, 299):
        path = tree.path(index)
        verify_inclusion(tree.node(0, index), index=index, size=300, path=path, root=checkpoint.root)


@pytest.mark.parametrize("tree", [RUN / "tree", MIRROR], ids=["skylight", "mirror"])
def test_our_routes_serve_these_files_at_these_paths(shared_data: Path, tree: Path) -> None:
    files = {**files_of(shared_data, tree), "checkpoint": (shared_data / FOLDER / tree / "checkpoint").read_bytes()}

    async def run() -> None:
        transport = httpx.ASGITransport(Starlette(routes=routes(files.get)))
        async with httpx.AsyncClient(transport=transport, base_url="http://log.invalid") as client:
            for path, data in files.items():
                answer = await client.get("/" + path)
                if path.startswith(OTHER_LAYOUTS):
                    assert 404 == answer.status_code
                    continue
                assert (200, data) == (answer.status_code, answer.content)
                assert ("no-cache" if path == "checkpoint" else "immutable") in answer.headers["cache-control"]

    asyncio.run(run())
