"""P2 beside django-ogc-sensorthings, a SensorThings server in Python: the same load on both, in turn in one run.

Run with `python -m bench.compare_django`. It is installed from PyPI with Django into an environment of its own that is thrown
away, and runs as its page says: its Django backend, on SQLite (Django's own default), under uvicorn, one process. It asks
nobody's leave.

Singles name their Datastream in the body, on both sides: it knows no other way. It gets as few connections as it serves best.

Left out: PostgreSQL behind it, several of its processes, 60 s unless `--long`.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from bench._http_load import HttpJob, Poster, start
from bench._loads import Measured, follow, free_port, stored, wait_for
from bench._report import begin, options, say, show
from bench._town import furnish_things
from bench.ingest_http import BEGAN_S, posters_of
from troth.testing.program import NodeProgram

WANTED: Final = ("django-ogc-sensorthings==1.2.0", "Django==5.2.19", "uvicorn==0.51.0", "uvloop", "httptools")
PREFIX: Final = "/sensorthings/v1.1"
CASES: Final = (
    # name, connections, theirs, streams, rows in a request. With more of theirs SQLite is locked and it answers 500.
    ("singles", 128, 4, 8, 1),
    ("data arrays of 1,000: 10 streams x 100", 8, 1, 10, 1_000),
)
_SETTINGS: Final = """
from uuid import UUID
SECRET_KEY = "of a bench"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "data.db", "OPTIONS": {"timeout": 20}}}
INSTALLED_APPS = [
    "sensorthings.versions.v1_1",
    "sensorthings.versions.v1_1.backends.django",
    "sensorthings.versions.v1_1.extensions.dataarray",
]
SENSORTHINGS_V1_1_SERVICE_URL = "http://localhost/sensorthings"
SENSORTHINGS_V1_1_BACKEND_ADAPTER = "sensorthings.versions.v1_1.backends.django.adapter.DjangoBackendAdapter"
SENSORTHINGS_V1_1_ID_TYPE = UUID
SENSORTHINGS_V1_1_ID_DELIMITER = "'"
"""
_URLS: Final = """
from django.urls import include, path
urlpatterns = [path("sensorthings/", include("sensorthings.versions.v1_1.urls"))]
"""
_ASGI: Final = """
from django.core.asgi import get_asgi_application
application = get_asgi_application()
"""
_THING: Final = {
    "name": "gauge",
    "description": "A gauge.",
    "Locations": [
        {
            "name": "here",
            "description": "Here.",
            "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [9.0, 48.0]},
        }
    ],
}


def installed(folder: Path) -> Path:
    """The Python of an environment with it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    subprocess.run([python, "-m", "pip", "install", "-qq", *WANTED], check=True)
    return python


@contextmanager
def served(python: Path, folder: Path) -> Iterator[tuple[int, int]]:
    """The server on a free port with an empty file: (port, process)."""
    for name, text in (("settings", _SETTINGS), ("urls", _URLS), ("served", _ASGI)):
        (folder / f"{name}.py").write_text(text, encoding="ascii")
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(folder)}
    subprocess.run([python, "-m", "django", "migrate", "-v", "0"], cwd=folder, env=variables, check=True)
    port = free_port()
    process = subprocess.Popen(
        [python, "-m", "uvicorn", "served:application", "--port", str(port), "--log-level", "critical"],
        cwd=folder,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.kill()
        process.wait(timeout=10)


def furnished(port: int, streams: int) -> tuple[str, ...]:
    """Datastreams of one Thing, by their ids."""
    thing = _made(port, "Things", _THING)
    sensor = _made(
        port,
        "Sensors",
        {"name": "s", "description": "A sensor.", "encodingType": "application/pdf", "metadata": "none"},
    )
    observed = _made(
        port,
        "ObservedProperties",
        {"name": "level", "definition": "https://example.org/level", "description": "Level."},
    )
    kind = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
    unit = {"name": "metre", "symbol": "m", "definition": "https://example.org/metre"}
    made = (
        {
            "name": f"level-{number}",
            "description": "Its level.",
            "observationType": kind,
            "unitOfMeasurement": unit,
            "Thing": {"@iot.id": thing},
            "Sensor": {"@iot.id": sensor},
            "ObservedProperty": {"@iot.id": observed},
        }
        for number in range(streams)
    )
    return tuple(_made(port, "Datastreams", each) for each in made)


def _made(port: int, entities: str, body: object) -> str:
    """Create an entity; its id, from where it says that it is."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", f"{PREFIX}/{entities}", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    location = answer.headers["Location"]
    connection.close()
    return str(location).rpartition("('")[2].removesuffix("')")


def counted(port: int) -> int:
    """How many Observations it holds."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"{PREFIX}/Observations?$count=true&$top=1")
    count = json.load(connection.getresponse())["@iot.count"]
    connection.close()
    return int(count)


def _theirs(port: int, pid: int, posters: tuple[Poster, ...], rows: int, seconds: float, n: int) -> Measured:
    job = HttpJob(port, posters, rows, seconds, BEGAN_S + n * 10_000_000, prefix=PREFIX, named_in_body=True)
    kept = counted(port)
    found = follow(start(job), pid)
    if counted(port) - kept != found.result.total:
        say("  NO RESULT: it has not stored what it acknowledged")
    return found


def main() -> None:
    given = options(__doc__ or "", seconds=5.0)
    begin(
        f"P2 beside {WANTED[0]}",
        f"closed loop from another process, {given.runs} runs of {given.seconds:g} s per case after 0.5 s of warming; node "
        "and the other in turn. Load and both share the cores",
    )
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder:
        python = installed(Path(folder) / "other")
        for number, case in enumerate(CASES):
            name, connections, few, streams, rows = case
            if given.only not in name:
                continue
            here = Path(folder) / str(number)
            here.mkdir()
            ours: list[Measured] = []
            theirs: list[Measured] = []
            with NodeProgram(here / "data") as node, served(python, here) as (port, pid):
                things = furnish_things(node, things=8, streams=streams)
                posters = posters_of(things, connections)
                others = (Poster("none", furnished(port, streams)),) * few
                for run in range(given.runs):
                    job = HttpJob(
                        node.http_port, posters, rows, given.seconds, BEGAN_S + run * 10_000_000, named_in_body=True
                    )
                    kept = stored(node, things)[0]
                    ours.append(follow(start(job), node.pid))
                    if stored(node, things)[0] - kept != ours[-1].result.total:
                        say("  NO RESULT: the node has not stored what it acknowledged")
                    theirs.append(_theirs(port, pid, others, rows, given.seconds, run))
            say(name)
            show("node, acknowledged", [each.rate for each in ours], "/s")
            show("the other, acknowledged", [each.rate for each in theirs], "/s")
            ratios = [a.rate / b.rate for a, b in zip(ours, theirs, strict=True) if b.rate]
            show("node : the other", ratios, "", promise="P2: >= 100")
            show("CPU of the node per observation", [each.cpu_us for each in ours], "us")
            show("CPU of the other per observation", [each.cpu_us for each in theirs], "us")


if __name__ == "__main__":
    main()
