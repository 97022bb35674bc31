"""Thing Descriptions and Thing Models of others behave as their names say; those that do not have a reason written here."""

from pathlib import Path

import pytest

from troth.errors import BadDescription
from troth.journeys.describe import described

FOLDER = Path("wot") / "playground"
PLACES = {
    "tds/invalid/duplicatePropertyAffordanceNames.json": "/properties/status",
    "tds/invalid/duplicateSecurityDefinitions.json": "/securityDefinitions/basic_sc",
    "tds/invalid/invalidSecuMatch.json": "/actions/toggle/forms/0/security",
    "tds/invalid/multipleRelType.json": "/links/1",
    "tds/invalid/usingTM.json": "/properties/status/enum/0",
}
"""What the JSON Schema alone lets pass, and where the fault is."""

OTHERWISE = {
    "tms/invalid/unavailableParent.json": "the model it goes on from cannot be fetched; nothing is ever fetched here, and "
    "that is noted of every such model, as of the valid extend.json",
}
ANYWAY = {
    "tds/notValidYet/mqtt-experimental.json": "the playground does not know its scheme; the schema of 1.1 has room for it",
    "tds/notValidYet/uriSecurity.json": "the playground does not know keys that are carried in an address; TD 1.1 does",
}


def files(shared_data: Path, kind: str) -> list[tuple[str, bytes]]:
    top = shared_data / FOLDER
    found = [(str(path.relative_to(top)), path.read_bytes()) for path in sorted(top.glob(f"t?s/{kind}/*.json"))]
    assert found
    return found


@pytest.mark.parametrize(("kind", "number"), [("valid", 54), ("warning", 6), ("notValidYet", 2)])
def test_what_is_valid_is_taken(shared_data: Path, kind: str, number: int) -> None:
    found = files(shared_data, kind)
    assert number == len(found)
    for name, data in found:
        proposal = described(data)
        assert proposal.notes or kind != "warning", name
        assert name.startswith("tms/") == proposal.model, name


def test_what_is_invalid_is_refused_with_its_place(shared_data: Path) -> None:
    found = files(shared_data, "invalid")
    assert 28 == len(found)
    for name, data in found:
        if name in OTHERWISE:
            assert described(data).notes, name
            continue
        with pytest.raises(BadDescription) as refused:
            described(data)
        assert PLACES.get(name) in {None, refused.value.faults[0].place}, name


def test_every_reason_is_of_a_file_that_is_there(shared_data: Path) -> None:
    names = {name for kind in ("invalid", "notValidYet") for name, _ in files(shared_data, kind)}
    assert {*PLACES, *OTHERWISE, *ANYWAY} <= names
