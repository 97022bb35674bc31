"""Kind `support`: an organisation stands behind a text, signed and revocable, with promises attached if it likes. Face: open.

Rules
- The text is named by its digest, so that nobody can put another one under a support afterwards.
- Said again with `withdrawn` it is taken back; the log keeps that it was given.

Source: mission.md (S69, S70, F40).
Left out in this version: support by a person, which would be public about them; the endorser's own signature: whoever runs
the node says it for an organisation that is registered there.
"""

import msgspec

from troth.names import PromiseId, SupportId, Uri

__all__ = ["SupportBody", "SupportedText"]


class SupportedText(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which text: SHA-256 of its bytes, what people call it, its version, its language (BCP 47), and where it can be read."""

    digest: bytes
    title: str
    version: str
    language: str
    where: Uri | None = None


class SupportBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One endorsement since `from_ns` (ns UTC). `commitments`: promises of the same organisation, checked later."""

    support: SupportId
    by: Uri
    text: SupportedText
    from_ns: int
    commitments: tuple[PromiseId, ...] = ()
    withdrawn: bool = False
    crit: tuple[str, ...] = ("text", "commitments", "withdrawn")
