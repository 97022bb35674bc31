"""The log's files for strangers: at the addresses of the specification, kept as long as they may be, and nothing else."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from troth.api.log import routes
from troth.errors import StorageFailed

FILES = {
    "checkpoint": b"house.invalid/test\n300\n",
    "tile/0/000": b"\x01" * 8192,
    "tile/0/001.p/44": b"\x02" * 1408,
    "tile/entries/000": b"\x00\x01a",
    "tile/entries/x001/234": b"\x00\x01b",
    ".state/lock": b"secret",
    "tile/secret": b"secret",
}


def asked(path: str, method: str = "GET", headers: dict[str, str] | None = None) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=routes(FILES.get)))
        async with httpx.AsyncClient(transport=transport, base_url="http://log.invalid") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(run())


@pytest.mark.parametrize("path", [path for path in FILES if b"secret" not in FILES[path]])
def test_published_files_are_read_by_anybody_from_anywhere(path: str) -> None:
    answer = asked("/" + path)
    assert (200, FILES[path], "*") == (
        answer.status_code,
        answer.content,
        answer.headers["access-control-allow-origin"],
    )


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("tile/0/000", "public, max-age=31536000, immutable"),
        ("tile/entries/x001/234", "public, max-age=31536000, immutable"),
        ("tile/0/001.p/44", "public, max-age=31536000, immutable"),
        ("checkpoint", "no-cache"),
    ],
)
def test_only_what_never_changes_may_be_kept(path: str, kept: str) -> None:
    assert kept == asked("/" + path).headers["cache-control"]


@pytest.mark.parametrize("path", ["/checkpoint", "/tile/0/000", "/tile/0/001.p/44", "/tile/entries/000"])
def test_what_was_seen_is_not_sent_again(path: str) -> None:
    first = asked(path)
    tag = first.headers["etag"]
    for seen in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = asked(path, headers={"if-none-match": seen})
        assert (304, b"", tag, "*") == (
            again.status_code,
            again.content,
            again.headers["etag"],
            again.headers["access-control-allow-origin"],
        )
        assert first.headers["cache-control"] == again.headers["cache-control"]
    for other in ('"other"', tag.strip('"'), ""):
        assert (200, first.content) == ((new := asked(path, headers={"if-none-match": other})).status_code, new.content)


def test_no_two_files_have_one_tag() -> None:
    paths = [path for path in FILES if b"secret" not in FILES[path]]
    assert len(paths) == len({asked("/" + path).headers["etag"] for path in paths})


@pytest.mark.parametrize("path", ["/checkpoint", "/tile/0/000", "/tile/0/001.p/44"])
def test_a_head_says_what_a_get_would(path: str) -> None:
    told, whole = asked(path, "HEAD"), asked(path)
    assert (200, b"", dict(whole.headers)) == (told.status_code, told.content, dict(told.headers))


@pytest.mark.parametrize("path", ["/tile/0/005", "/tile/0/0", "/tile/0/000.p/256"])
def test_also_what_is_not_there_may_be_read_from_any_page(path: str) -> None:
    answer = asked(path)
    assert (404, "*") == (answer.status_code, answer.headers["access-control-allow-origin"])


def test_the_checkpoint_is_text_and_a_tile_is_not() -> None:
    assert "text/plain; charset=utf-8" == asked("/checkpoint").headers["content-type"]
    assert "application/octet-stream" == asked("/tile/0/000").headers["content-type"]


@pytest.mark.parametrize(
    "path",
    [
        "/tile/0/005",
        "/tile/secret",
        "/tile/0/0",
        "/tile/64/000",
        "/tile/0/000.p/256",
        "/tile/0/000.p/0",
        "/tile/../.state/lock",
        "/tile/%2e%2e/.state/lock",
        "/tile/0/x000/000",
        "/tile/",
        "/tile/entries/",
        "/.state/lock",
        "/checkpoint/",
    ],
)
def test_nothing_else_can_be_reached(path: str) -> None:
    answer = asked(path)
    assert answer.status_code in {404, 307}
    assert b"secret" not in answer.content


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_log_is_not_written_through_here(method: str) -> None:
    assert 405 == asked("/tile/0/000", method).status_code


def test_a_disk_that_fails_is_not_an_empty_log() -> None:
    def broken(path: str) -> bytes | None:
        raise StorageFailed("storage failed", retry_after_s=1)

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=routes(broken)))
        async with httpx.AsyncClient(transport=transport, base_url="http://log.invalid") as client:
            return await client.get("/checkpoint")

    answer = asyncio.run(run())
    assert (503, "1") == (answer.status_code, answer.headers["retry-after"])
