"""`troth installer`, `troth install` and `troth home firms`, typed at a running node."""

import json
import re
from pathlib import Path

from tests.journeys.cli_node import household, started
from tests.journeys.test_cli_bulk import BEARING, ORG, claims, table
from tests.journeys.test_cli_coming_in import link_in


def test_a_firm_is_invited_connects_a_table_hands_over_and_is_taken_over(tmp_path: Path) -> None:
    ana, firm = tmp_path / "ana", tmp_path / "firm"
    with started(tmp_path / "data") as node:
        kind = tmp_path / "bearing.json"
        kind.write_text(json.dumps(BEARING))
        node.done("type", "add", str(kind))
        home, other = household(node), household(node)
        node.done(
            "enter", link_in(node.done("person", "add", "Ana", "--household", home, "--role", "owner")), state=ana
        )
        node.done("enter", link_in(node.done("party", "door", ORG, "--as", "installer")), state=firm)
        assert "You are invited nowhere now." in node.done("install", "list", state=firm)
        assert "You can invite: Works" in node.done("home", "firms", state=ana)
        invited = re.findall(r"iv[a-z2-7]{26}", node.done("home", "invite", ORG, "--days", "3", state=ana))[0]
        columns, rows = "name,place,type,household", [f"Roller,{each},bearing,{home}" for each in ("Hall", "Attic")]
        wrong = table(tmp_path, columns, rows[0], f"Axle,Hall,bearing,{other}", name="wrong.csv")
        said = node.troth("install", "bulk", str(wrong), state=firm)
        assert 1 == said.exit_code
        assert "row 3, household: This firm is not invited" in said.output
        path = str(table(tmp_path, columns, *rows))
        assert "2 rows can be said" in node.done("install", "bulk", path, "--check", state=firm)
        assert "2 things have joined" in node.done("install", "bulk", path, "--yes", state=firm)
        assert "Nothing was added" in node.done("install", "bulk", path, "--yes", state=firm)
        first, second = claims(tmp_path / "things.csv.claims.csv")
        node.done("thing", "claim", first.claim, "--output", str(tmp_path / "one.json"))
        listed = node.done("install", "list", state=firm)
        assert (1, 1) == (listed.count("came in"), listed.count("waits for its label to be read"))
        again = node.done("install", "label", second.slug, state=firm).split()[-1]
        assert 1 == node.troth("thing", "claim", second.claim).exit_code
        node.done("thing", "claim", again, "--output", str(tmp_path / "two.json"))
        one_more = ("--name", "Axle", "--place", "Hall", "--household", home, "--yes")
        assert "Connected: Axle" in node.done("install", "connect", "bearing", *one_more, state=firm)
        node.done("install", "hand-over", invited, "--yes", state=firm)
        assert "You are invited nowhere now." in node.done("install", "list", state=firm)
        assert "handed-over" in node.done("home", "firms", state=ana)
        node.done("home", "take-over", invited, state=ana)
        assert "accepted" in node.done("home", "firms", state=ana)
        public = re.findall(r"iv[a-z2-7]{26}", node.done("installer", "invite", ORG, "--place", "Quay"))[0]
        node.done("installer", "end", public)
        assert f"{public}  Works, Quay: revoked" in node.done("installer", "list")
        node.done("installer", "close", ORG)
        assert 1 == node.troth("install", "list", state=firm).exit_code
