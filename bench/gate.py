"""P5, the gate: what checking a lease costs, what a cold decision costs, and how long folding 100,000 choices takes.

Run with `python -m bench.gate`. Everything is the real thing in this process: signed statements, read, folded, decided.

Of the 100 operator policies a fifth is about everybody, the others name a party or a purpose each. Two figures: as a node
runs, where what the same facts gave is remembered; and with that emptied before every question, so that each is the first of
its kind. Beside them what the comparison costs: Cedar called per question, with the text or with all rules parsed.
"""

import random
from collections.abc import Callable, Sequence
from time import perf_counter_ns, process_time

from cedarpy import PolicySet, is_authorized

from bench._report import begin, options, percentile, say, show
from bench._statements import LAB, NOW, ORG, PRODUCT, PRODUCTS_MAX, RESEARCH, Notary, Town, choices, town
from troth.gate.decide import decide
from troth.gate.leases import Lease, Leases
from troth.gate.policies.facts import Facts
from troth.gate.policies.ruleset import ruleset_of
from troth.gate.policies.schema import entities_of, request_of
from troth.gate.question import OWN_PURPOSE, Action, Asker, Question, Verdict
from troth.journeys.asking import ask
from troth.journeys.recognise import MEMBER
from troth.names import BasisId
from troth.signing.cose import parse, verify
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.statements.kinds import KindName
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.statement import Statement, read

CALLS = 200_000
POLICIES = 100
PRODUCTS, PURPOSES = PRODUCTS_MAX, 20  # of the town whose choices are folded: 1,000 purposes
CEDAR_CALLS = 50  # of Cedar without an index, some 3 ms each with text
HELD = 10_000  # choices in force when decisions are asked
FOLDED = 100_000
QUESTIONS = 4_000


def _moved(statements: Sequence[Statement]) -> InForce:
    in_force = InForce()
    for each in statements:
        in_force.move(each)
    return in_force


def _inline(lease: Lease) -> float:
    """Microseconds of the two fields that an inlet looks at, less the loop around them."""
    now = NOW
    began = perf_counter_ns()
    for _ in range(CALLS):
        if not lease.live or now >= lease.until_ns:
            raise AssertionError
    middle = perf_counter_ns()
    for _ in range(CALLS):
        pass
    return (middle - began - (perf_counter_ns() - middle)) / CALLS / 1_000


def _called(check: Callable[[int], bool]) -> float:
    """Microseconds of the same as a call, less the loop around it."""
    began = perf_counter_ns()
    for _ in range(CALLS):
        check(NOW)
    middle = perf_counter_ns()
    for _ in range(CALLS):
        pass
    return (middle - began - (perf_counter_ns() - middle)) / CALLS / 1_000


def _questions(where: Town, *, chance: random.Random) -> list[tuple[str, Question]]:
    """Random streams, asked about in the three ways this version decides."""
    found: list[tuple[str, Question]] = []
    for _ in range(QUESTIONS):
        home = chance.randrange(len(where.households))
        stream = chance.choice(where.streams[home])
        person = chance.choice(where.people[home])
        found += [
            ("collect", Question(Action.COLLECT, stream, Asker(ORG, "things", OWN_PURPOSE), NOW)),
            ("read by a recipient", Question(Action.READ, stream, Asker(LAB, "curves", RESEARCH), NOW)),
            ("read by a member", Question(Action.READ, stream, Asker(MEMBER, "pages", OWN_PURPOSE, person), NOW)),
        ]
    return found


def _policies() -> str:
    """A hundred rules none of which forbids what is asked: every fifth about anybody, the others about one party or purpose."""
    made = []
    for at in range(POLICIES):
        who = (
            "principal"
            if at % 5 == 0
            else f'principal in Party::"https://party-{at}.example/"'
            if at % 5 < 3
            else f'principal in Purpose::"https://party-{at}.example/purpose"'
        )
        made.append(
            f'@id("r{at}") @cites("House rules, {at}") @says("Not here.") forbid ({who}, action, resource) '
            f'when {{ resource.senses == "sense-{at}" && context.ground == Ground::"choice" }} unless {{ context.essential }};'
        )
    return "\n".join(made)


def _first_of_its_kind(questions: Sequence[tuple[str, Question]], in_force: InForce) -> dict[str, list[float]]:
    """As `_decided`, with nothing remembered of what rules were asked before; parsed they are."""
    rules = ruleset_of(_policies())
    assert rules is not None
    leases = Leases(in_force)
    took: dict[str, list[float]] = {}
    for name, question in questions:
        rules.forget()
        began = perf_counter_ns()
        lease = ask(question, leases)
        took.setdefault(name, []).append((perf_counter_ns() - began) / 1_000)
        leases.forget(lease)
    return took


def _cedar(where: Town) -> dict[str, list[float]]:
    """Microseconds of Cedar called with all rules, for one view of one use: with their text, and with them parsed."""
    question = Question(Action.READ, where.streams[0][0], Asker(LAB, "curves", RESEARCH), NOW)
    facts = Facts(
        Action.READ, LAB, "curves", RESEARCH, PRODUCT, "power", home=True, ground="choice", view="raw", senses="power"
    )
    text = "permit(principal, action, resource);\n" + _policies()
    took: dict[str, list[float]] = {}
    for name, policies in (("text", text), ("parsed", PolicySet.from_str(text))):
        for _ in range(CEDAR_CALLS):
            began = perf_counter_ns()
            is_authorized(request_of(facts, at_ns=question.at_ns), policies, entities_of(facts))
            took.setdefault(name, []).append((perf_counter_ns() - began) / 1_000)
    return took


def _decided(questions: Sequence[tuple[str, Question]], in_force: InForce) -> dict[str, list[float]]:
    """Microseconds of each decision, by what was asked; with the lease that is then held."""
    leases = Leases(in_force)
    took: dict[str, list[float]] = {}
    for name, question in questions:
        began = perf_counter_ns()
        lease = ask(question, leases)
        took.setdefault(name, []).append((perf_counter_ns() - began) / 1_000)
        leases.forget(lease)
    return took


def checks(runs: int) -> None:
    in_force = InForce()
    question = Question(Action.READ, Town.nobody(), Asker(LAB, "curves", RESEARCH), NOW)
    lease = Leases(in_force).hold(question, decide(question, Reading(in_force)), basis=BasisId(bytes(16)), scopes=())
    inline = [_inline(lease) for _ in range(runs)]
    show("lease check, two fields as an inlet does it", inline, "us", promise="P5: <= 0.2")
    show(
        "lease check, as a call (Lease.holds)", [_called(lease.holds) for _ in range(runs)], "us", promise="P5: <= 0.2"
    )


def decisions(runs: int, notary: Notary) -> None:
    where, said = town(HELD // 10, notary)
    said += [notary.said(KindName.CHOICE, body) for body in choices(where, HELD)]
    in_force = _moved(said)
    medians: dict[str, list[float]] = {}
    worst: dict[str, list[float]] = {}
    for run in range(runs):
        questions = _questions(where, chance=random.Random(run))
        for name, took in _decided(questions, in_force).items():
            medians.setdefault(name, []).append(percentile(took, 0.5))
            worst.setdefault(name, []).append(percentile(took, 0.99))
    leases = Leases(in_force)
    answers = [ask(question, leases).answer.verdict for _, question in _questions(where, chance=random.Random(0))]
    allowed = sum(each is not Verdict.DENY for each in answers) / len(answers)
    say(
        f"  ({len(where.households):,} homes, 2 people and 4 streams each; {allowed:.0%} of the questions are not denied)"
    )
    for name, values in medians.items():
        show(f"cold decision and its lease, p50: {name}", values, "us", promise="P5: p50 <= 150")
        show(f"cold decision and its lease, p99: {name}", worst[name], "us")
    in_force.move(notary.said(KindName.OPERATOR_POLICIES, OperatorPoliciesBody(1, "For the bench.", _policies())))
    ruled: dict[str, list[float]] = {}
    for run in range(runs):
        questions = _questions(where, chance=random.Random(run))
        for how, decided in (("", _decided), (", the first of its kind", _first_of_its_kind)):
            for name, took in decided(questions, in_force).items():
                ruled.setdefault(f"{name}{how}", []).append(percentile(took, 0.5))
    for name, values in sorted(ruled.items()):
        show(f"the same with {POLICIES} policies, p50: {name}", values, "us", promise="P5: p50 <= 150")
    for name, values in _cedar(where).items():
        show(f"   for comparison: Cedar per question, all rules as {name}", values, "us")


def folding(runs: int, notary: Notary) -> None:
    where, base = town(FOLDED // 20, notary, products=PRODUCTS, purposes=PURPOSES)
    bodies = choices(where, FOLDED)
    purposes = {each.purpose for each in bodies}
    declared = {use.purpose for each in where.disclosures for stream in each.streams for use in stream.purposes}
    say(
        f"  ({len(where.households):,} homes, {2 * len(where.households):,} people, 10 choices each, about {len(purposes):,} "
        f"of {len(declared - {OWN_PURPOSE}):,} purposes that {PRODUCTS} products declare)"
    )
    data = [notary.signed(KindName.CHOICE, body).data for body in bodies]
    said = [read(parse(each)) for each in data]
    before, folds, directory, parsing, checking = [], [], [], [], []
    for _ in range(runs):
        began = process_time()
        in_force, known = _moved(base), Directory()
        before.append(process_time() - began)
        for each in base:
            known.take(each)
        began = process_time()
        for each in said:
            in_force.move(each)
        folds.append(process_time() - began)
        began = process_time()
        for each in said:
            known.take(each)
        directory.append(process_time() - began)
        began = process_time()
        for raw in data[: FOLDED // 10]:
            read(parse(raw))
        parsing.append((process_time() - began) * 10)
        began = process_time()
        for each in said[: FOLDED // 10]:
            verify(each.signed, notary.signer.public)
        checking.append((process_time() - began) * 10)
    show("100,000 choices: fold into what is in force", folds, "s", promise="P5: <= 10")
    show(f"   besides: {PRODUCTS * PURPOSES:,} purposes, the homes and their people", before, "s")
    show("   besides: the directory looks at each", directory, "s")
    show("   besides: parsing and reading the bytes (10,000 x 10)", parsing, "s")
    show("   besides: checking the signatures (10,000 x 10)", checking, "s")


def main() -> None:
    given = options(__doc__ or "", seconds=0.0)
    begin(
        "P5: the gate",
        "one process, wall time of single calls (checks, decisions) and CPU time (folding); decisions are asked of "
        f"{HELD:,} choices in force, each cold: nothing of an earlier answer is used, and the lease is made and held",
    )
    notary = Notary()
    checks(given.runs)
    decisions(given.runs, notary)
    folding(given.runs, notary)


if __name__ == "__main__":
    main()
