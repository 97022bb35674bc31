"""Vectors of proof files: a small deployment with real signing, whose proofs every verifier must take (`write_proofs`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from tests.vectors.made_custody import asking, custody_of, opening, with_custody
from tests.vectors.made_signing import seed_of
from troth.names import BasisId, HouseholdId, PersonId, PurposeId, ShareId, StatementId, StreamId, ThingId, Uri, ckt_uri
from troth.signing.cose import Signed, Signer
from troth.signing.keys import Ed25519Signer
from troth.statements.choice import ChoiceBody, Decision, NoticeShown
from troth.statements.custody import CustodyBody
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.installation import Answering, Consideration, InstallationBody, InstalledStream
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import Body, KindName
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.person import PersonBody
from troth.statements.registration_policy import RegistrationPolicyBody, RegistrationRule
from troth.statements.segment import ConductSegmentBody
from troth.statements.share import ShareBody
from troth.statements.statement import write as write_statement
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.testing.disk import MemoryDisk
from troth.tlog import trace
from troth.tlog.checkpoint import Note, VerifierKey, parse_note
from troth.tlog.cosignature import WitnessKey, cosign
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.merkle import Tree
from troth.tlog.segment import pad
from troth.tlog.sequencer import Sequencer
from troth.verify.file import VERSION, LogEntry, Opening, ProofFile, Rests, Said, SegmentLeaf

ORIGIN: Final = "troth.invalid/harbourlaneabcdefghijklmno"
NOON: Final = 1_767_268_800_000_000_000
TICK_NS: Final = 10_000_000_000
PRODUCT: Final = Uri("https://example.org/products/water-meter")
OPERATOR: Final = Uri("https://example.org")
STREAM: Final = StreamId(seed_of("stream")[:16])
ANA: Final = PersonId(seed_of("ana")[:16])
HOME: Final = HouseholdId(seed_of("home")[:16])
STUDY: Final = PurposeId("https://example.org/purposes/leaks")


@dataclass
class Deployment:
    """A log being written: its keys, its statements with their indices, and its segments."""

    origin: str = ORIGIN
    keys: str = ""  # another word gives other keys
    anchors: TrustAnchorsBody | None = None
    anchors_by: str = "operator"
    entries: dict[StatementId, int] = field(default_factory=dict)
    said: dict[str, Signed] = field(default_factory=dict)
    trees: list[Tree] = field(default_factory=list)
    conduct: list[Signed] = field(default_factory=list)

    def __post_init__(self) -> None:
        disk = MemoryDisk()
        self.log = Sequencer.open(TileFiles(disk), LockFile(disk), signer=self.signer("log"), origin=self.origin)
        operator = self.signer("operator").public
        rules = (RegistrationRule("operator", ("key", "passport", "disclosure", "installation")),)
        self.say("policy", KindName.REGISTRATION_POLICY, RegistrationPolicyBody(rules, self.origin))
        anchors = self.anchors or TrustAnchorsBody((operator.cose_key,), self.origin)
        self.say("anchors", KindName.TRUST_ANCHORS, anchors, by=self.anchors_by)
        gate = self.signer("gate").public
        self.say("gate", KindName.KEY, KeyBody(gate.cose_key, KeyRole.GATE, ckt_uri(operator.thumbprint), 10))

    def signer(self, name: str) -> Ed25519Signer:
        """The key of a role."""
        return Ed25519Signer.from_seed(seed_of(self.keys + name))

    def sign(self, kind: KindName, body: Body, *, by: Signer, at_ns: int = NOON) -> Signed:
        """A statement that is nowhere yet."""
        issuer = ckt_uri(by.public.thumbprint)
        return write_statement(kind, body, signer=by, issuer=issuer, subject=f"about-{kind}", at_ns=at_ns)

    def say(self, name: str, kind: KindName, body: Body, *, by: str = "operator") -> Signed:
        """A statement in the log."""
        self.said[name] = self.sign(kind, body, by=self.signer(by))
        self.enter(self.said[name])
        return self.said[name]

    def enter(self, signed: Signed) -> int:
        """Put a statement into the log; returns its index."""
        self.entries[signed.id] = self.log.size
        self.log.append([signed.data], taken=self.log.size + 1)
        return self.entries[signed.id]

    def close(self, leaves: Sequence[bytes], *, by: str = "gate") -> Signed:
        """A segment over these leaves, in the log."""
        tree = Tree(pad(leaves, seed=seed_of("padding")))
        gate = self.signer(by)
        body = ConductSegmentBody(
            gate.public.thumbprint,
            len(self.trees),
            NOON + (len(self.trees) + 1) * TICK_NS,
            tree.size,
            tree.root,
            self.conduct[-1].id if self.conduct else None,
        )
        signed = self.sign(KindName.CONDUCT_SEGMENT, body, by=gate)
        self.enter(signed)
        self.trees.append(tree)
        self.conduct.append(signed)
        return signed

    def entry(self, signed: Signed) -> LogEntry:
        """A statement with its path to the newest checkpoint."""
        index = self.entries[signed.id]
        return LogEntry(index, tuple(self.log.prove(index)), signed.data)

    def prove(
        self,
        opening: Opening,
        *,
        segment: int,
        leaf: int,
        ids: Sequence[StatementId] | None = None,
        shown: Sequence[str] = (),
        said: Said | None = None,
    ) -> ProofFile:
        """A proof file under the newest checkpoint."""
        tree = self.trees[segment]
        entries = sorted((self.entry(self.said[name]) for name in shown), key=lambda entry: entry.index)
        return ProofFile(
            v=VERSION,
            log=str(self.log.key),
            checkpoint=self.log.checkpoint(),
            anchors=self.entry(self.said["anchors"]),
            gate=self.entry(self.said["gate"]),
            segment=self.entry(self.conduct[segment]),
            leaf=SegmentLeaf(tree.node(0, leaf), leaf, tuple(tree.path(leaf)), tree.size),
            opening=opening,
            basis=None if ids is None else Rests(tuple(sorted(ids)), tuple(entries)),
            said=said,
        )


@dataclass(frozen=True)
class Made:
    """Files of one deployment and the key to trust."""

    deployment: Deployment
    key: VerifierKey
    observation: ProofFile
    said: ProofFile
    idle: ProofFile
    window: ProofFile
    witnessed: ProofFile
    own: ProofFile
    refused: ProofFile
    shared: ProofFile
    for_child: ProofFile
    asked: ProofFile
    without: tuple[tuple[str, ProofFile], ...]
    """Name, and a file of what opens something, without the passkey that belongs to it."""


WITNESSES: Final = ("witness.example/one", "witness.example/two", "witness.example/three")
NOON_S: Final = NOON // 1_000_000_000


def witness_signer(name: str) -> Ed25519Signer:
    """The key of an outsider; the same for every deployment."""
    return Ed25519Signer.from_seed(seed_of(name))


def witness_key(name: str) -> WitnessKey:
    """What must be given from outside for its cosignature to count."""
    return WitnessKey(name, witness_signer(name).public)


def witnessed(file: ProofFile, *names: str) -> ProofFile:
    """The same file with cosignatures of these witnesses, a second apart."""
    note = parse_note(file.checkpoint)
    lines = [cosign(note.text, witness_signer(name), name=name, time_s=NOON_S + at) for at, name in enumerate(names)]
    return msgspec.structs.replace(
        file,
        checkpoint=Note(note.text, (*note.signatures, *lines)).encode(),
        witnesses=tuple(str(witness_key(name)) for name in names),
    )


def passport() -> PassportBody:
    flow = PassportStream("flow", "Water flow", "water", Uri("https://example.org/flow"), "number", unit="L/min")
    return PassportBody(PRODUCT, "Water meter", OPERATOR, (flow,))


def disclosure() -> DisclosureBody:
    variant = DisclosedVariant("raw", "choice")
    purpose = DisclosedPurpose(STUDY, "Find leaks early", "Less water lost", (OPERATOR,), (variant,), 30)
    return DisclosureBody(PRODUCT, OPERATOR, "en", 1, (DisclosedStream("flow", (purpose,)),))


def installation() -> InstallationBody:
    return InstallationBody(
        ThingId(seed_of("thing")[:16]),
        "Water meter in the cellar",
        PRODUCT,
        "Harbour Lane 12",
        Answering(OPERATOR, "https://example.org/contact"),
        NOON - TICK_NS,
        (InstalledStream(STREAM, "flow", "sealed"),),
        Consideration("2026-01-01", "Ana", "It counts litres and hears nothing."),
        HOME,
    )


def choice(person: PersonId = ANA, *, decision: Decision = Decision.GIVE, made_by: str = "session") -> ChoiceBody:
    notice = NoticeShown(seed_of("notice"), 1, "en")
    variant = "raw" if decision is Decision.GIVE else None
    return ChoiceBody(person, STUDY, decision, NOON, notice, made_by, streams=(STREAM,), variant=variant)


def share(decision: Decision = Decision.GIVE) -> ShareBody:
    notice, gives = NoticeShown(seed_of("duties"), 1, "en"), decision is Decision.GIVE
    name, variant, to_ns = ShareId(seed_of("share")[:16]), "raw" if gives else None, NOON + TICK_NS if gives else None
    purpose = PurposeId("urn:troth:share:energy")
    return ShareBody(name, ANA, HOME, OPERATOR, purpose, decision, NOON, notice, "session", (STREAM,), variant, to_ns)


def collected(sequence: int, result: trace.Result, *, basis: BasisId, type_: int = 1) -> bytes:
    at_ns = NOON + sequence * 1_000_000_000
    return trace.encode(trace.Collected(STREAM, sequence, at_ns, at_ns, at_ns + 5_000_000, basis, type_, result))


def salted(number: int, data: bytes) -> Opening:
    return Opening(seed_of(f"salt {number}")[:16], data)


def hashed(opening: Opening) -> bytes:
    return trace.leaf_hash(opening.salt, opening.trace)


def make() -> Made:
    """A deployment with one of each proof."""
    there = Deployment()
    there.say("passport", KindName.PASSPORT, passport())
    there.say("disclosure", KindName.DISCLOSURE, disclosure())
    home = there.sign(KindName.HOME_INSTALLATION, installation(), by=there.signer("operator"))
    ana = there.signer("ana")
    chosen = there.sign(KindName.CHOICE, choice(), by=ana)
    ids = tuple(sorted((there.said["passport"].id, there.said["disclosure"].id, home.id, chosen.id)))
    basis = trace.basis_id(ids)
    accepted = trace.SaidTrace(gate_ns=NOON, statement=chosen.id)
    opened = trace.WindowOpened(
        gate_ns=NOON + TICK_NS,
        window=seed_of("window")[:16],
        stream=STREAM,
        party=OPERATOR,
        app="leak finder",
        purpose=STUDY,
        variant="raw",
        basis=basis,
        person=ANA,
    )
    rows = [salted(number, collected(number, 21.5 + number, basis=basis)) for number in range(5)]
    own, kept = there.signer("ana's own"), custody_of(there, ANA, from_ns=NOON - TICK_NS)
    answer = there.sign(KindName.CHOICE, choice(made_by="passkey"), by=own)
    stopped = there.sign(KindName.CHOICE, choice(decision=Decision.REFUSE), by=ana)
    given = [(name, there.sign(kind, body, by=own)) for name, kind, body in opening(choice(made_by="passkey"), share())]
    asked = there.sign(KindName.CHOICE, asking(choice()), by=own)
    every = (answer, stopped, *(each for _, each in given), asked)
    words = [trace.SaidTrace(gate_ns=NOON, statement=each.id) for each in every]
    later = [salted(8 + at, trace.encode(each)) for at, each in enumerate(words)]
    first = [salted(5, trace.encode(accepted)), *rows, *later]
    second = [salted(6, trace.encode(opened)), salted(7, trace.encode(trace.ClockStep(gate_ns=NOON, by_ns=-2)))]
    for openings in (first, second, []):
        there.close([hashed(each) for each in openings])
    shown = ("passport", "disclosure")
    person = there.sign(KindName.PERSON, PersonBody(ANA, "Ana", ana.public.cose_key), by=there.signer("operator"))
    there.said |= {"home": home, "choice": chosen, "person": person}
    observation = there.prove(first[3], segment=0, leaf=3, ids=ids, shown=shown)
    return Made(
        there,
        there.log.key,
        observation=observation,
        said=there.prove(first[0], segment=0, leaf=0, said=Said(ana.public.cose_key, chosen.data)),
        idle=there.prove(second[1], segment=1, leaf=1),
        window=there.prove(second[0], segment=1, leaf=0, ids=ids, shown=shown[:1]),
        witnessed=witnessed(observation, *WITNESSES[:2]),
        own=there.prove(later[0], segment=0, leaf=6, said=with_custody(there, kept, answer, by="ana's own")),
        refused=there.prove(
            later[1], segment=0, leaf=7, said=with_custody(there, kept, stopped, by="ana", passkey=None)
        ),
        shared=there.prove(later[2], segment=0, leaf=8, said=with_custody(there, kept, given[0][1], by="ana's own")),
        for_child=there.prove(later[3], segment=0, leaf=9, said=with_custody(there, kept, given[1][1], by="ana's own")),
        asked=there.prove(
            later[-1],
            segment=0,
            leaf=5 + len(later),
            said=with_custody(there, kept, asked, by="ana's own", passkey=None),
        ),
        without=tuple(
            (name, there.prove(later[2 + at], segment=0, leaf=8 + at, said=_bare(there, kept, each)))
            for at, (name, each) in enumerate(given)
        ),
    )


def _bare(there: Deployment, kept: CustodyBody, said: Signed) -> Said:
    return with_custody(there, kept, said, by="ana's own", passkey=None)
