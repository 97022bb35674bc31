"""Terms of W3C DPV, alone: which are known, which lies in which, and which a rule may name."""

import re
from pathlib import Path
from typing import Final

import pytest

import troth
from troth.errors import BadPolicies
from troth.gate.policies.lint import Registered, check_policies, lint
from troth.gate.rules.share_terms import TERMS, ShareTerm
from troth.names import Uri
from troth.statements.dpv import DPV, LIES_IN, VERSION, goes_beyond, is_known, with_wider
from troth.statements.operator_policies import OperatorPoliciesBody

TERM: Final = f"{DPV}Marketing"
_CITED: Final = re.compile(r"github\.com/w3c/dpv/blob/([0-9a-f]{40})/([0-9.]+)/")
KNOWN: Final = Registered((), (), bool)


@pytest.mark.parametrize(
    "term",
    [
        "https://w3id.org/dpv#NoSuchPurposeAtAll",
        "https://w3id.org/dpv#marketing",
        "https://w3id.org/dpv#Marketing ",
        "https://w3id.org/dpv/#Marketing",
        "https://w3id.org/dpv/2.3#Marketing",
        "http://w3id.org/dpv#Marketing",
        "https://W3ID.org/dpv#Marketing",
        "https://w3id.org/dpv",
        "dpv:Marketing",
    ],
)
def test_a_rule_names_terms_that_the_vocabulary_has_as_it_writes_them(term: str) -> None:
    text = f'@id("a") @cites("x") @says("y") forbid (principal in Term::"{term}", action, resource);'
    assert [("a", f"W3C DPV 2.3 has no purpose of this name: {term}")] == [
        (each.rule, each.wrong) for each in lint(text, KNOWN)
    ]
    with pytest.raises(BadPolicies, match="no purpose of this name"):
        check_policies(OperatorPoliciesBody(1, "So.", text), version=0, registered=KNOWN)


@pytest.mark.parametrize("term", [TERM, "https://w3id.org/dpv#Purpose", "https://schema.org/BuyAction", "urn:x:y"])
def test_a_rule_may_name_terms_of_the_list_and_of_other_vocabularies(term: str) -> None:
    text = f'@id("a") @cites("x") @says("y") forbid (principal in Term::"{term}", action, resource);'
    assert () == lint(text, KNOWN)


def test_terms_lie_in_wider_ones_up_to_the_purpose_itself_and_each_stands_once() -> None:
    def named(*names: str) -> tuple[Uri, ...]:
        return tuple(Uri(f"{DPV}{each}") for each in names)

    assert named("DirectMarketing", "Marketing", "Purpose") == with_wider(named("DirectMarketing"))
    assert named("NonCommercialResearch", "NonCommercialPurpose", "ResearchAndDevelopment", "Purpose") == with_wider(
        named("NonCommercialResearch")
    )
    assert named("Purpose") == with_wider(named("Purpose"))
    foreign = (*named("NoSuchPurposeAtAll"), Uri("https://schema.org/BuyAction"))
    assert foreign == with_wider(foreign), "what is not known lies in nothing"
    known = [each for names in LIES_IN.values() for each in names.split()]
    assert 122 == len({*known, "Purpose"})
    assert {*LIES_IN} <= {*known, "Purpose"}
    assert all(named("Purpose")[0] in with_wider(named(each)) for each in known)


def test_the_root_covers_nothing_but_itself() -> None:
    root, marketing, direct = (Uri(f"{DPV}{each}") for each in ("Purpose", "Marketing", "DirectMarketing"))
    assert goes_beyond((direct,), (root,))
    assert goes_beyond((root, direct), (root,))
    assert goes_beyond((root,), (marketing,))
    assert not goes_beyond((root,), (root,))
    assert not goes_beyond((direct,), (root, marketing))


@pytest.mark.parametrize("term", TERMS, ids=lambda each: each.purpose)
def test_what_things_are_shared_for_is_called_as_the_list_has_it(term: ShareTerm) -> None:
    assert term.dpv
    assert [] == [each for each in term.dpv if not is_known(each)]


def test_one_version_of_the_vocabulary_at_one_commit_is_cited_in_the_program() -> None:
    modules = {path.name: path.read_text() for path in Path(troth.__file__).parent.rglob("*.py")}
    cited = {(name, *found) for name, text in modules.items() for found in _CITED.findall(text)}
    assert [("dpv.py", VERSION)] == [(name, version) for name, _, version in cited]
    said = {version for text in modules.values() for version in re.findall(r"Privacy Vocabulary (\d\.\d)", text)}
    assert {VERSION} == said
