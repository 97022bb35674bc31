"""The files of a store as a crash leaves them, and a turn of the loop."""

import asyncio
import shutil
from pathlib import Path


def as_found_after_a_crash(file: Path, *, folder: Path) -> Path:
    """Copy a file with its write-ahead log, as they lie now, to where the next start looks."""
    folder.mkdir()
    for suffix in ("", "-wal"):
        source = file.with_name(file.name + suffix)
        if source.exists():
            shutil.copy(source, folder / source.name)
    return folder / file.name


async def a_turn_of_the_loop() -> None:
    """Let what was begun before this go on."""
    turned: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turned.set_result, None)
    await turned
