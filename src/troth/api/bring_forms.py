"""What the interface of whom people bring to share with is asked with and answers, each body declared once.

Source: docs/reference/api.md; Data Act, Article 5.
"""

from typing import Annotated

import msgspec

from troth.names import PurposeId, Uri
from troth.statements.third_party import CONTACT_MAX, NAME_MAX
from troth.things.variants import Variant

__all__ = [
    "AcceptForm",
    "Accepted",
    "BringForm",
    "BroughtAll",
    "BroughtMade",
    "BroughtShown",
    "LinkShown",
    "RefuseForm",
]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_MAX)]
Contact = Annotated[str, msgspec.Meta(min_length=1, max_length=CONTACT_MAX)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]


class BringForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Bring somebody and share with them. `no_gatekeeper`: whoever brings states so; `notice`: the duties that were shown."""

    name: Name
    contact: Contact
    country: str
    no_gatekeeper: bool
    purpose: Uri
    datastreams: tuple[int, ...]
    to: str
    notice: str
    variant: str = Variant.RAW.value
    words: str | None = None


class BroughtMade(msgspec.Struct, frozen=True):
    """They were brought, and the share is said. `link`: shown this once, to be passed on."""

    brought: str
    party: Uri
    share: str
    link: str
    effect_ms: float


class LinkShown(msgspec.Struct, frozen=True):
    """Another link in place of the one that was not used; shown this once."""

    link: str


class BroughtShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who was brought. `came`: they have accepted; `refused`: why whoever runs the place said no."""

    brought: str
    party: Uri
    name: str
    contact: str
    country: str
    since: str
    came: bool
    refused: str | None = None


class BroughtAll(msgspec.Struct, frozen=True):
    """All of them, newest first."""

    parties: tuple[BroughtShown, ...]


class AcceptForm(msgspec.Struct, frozen=True):
    """The duties are accepted with what stands at the end of the link."""

    token: Annotated[str, msgspec.Meta(max_length=200)]


class Accepted(msgspec.Struct, frozen=True):
    """The token of whoever was brought, shown this once, and what for."""

    token: str
    party: Uri
    purpose: PurposeId


class RefuseForm(msgspec.Struct, frozen=True):
    """Whoever runs the place says no, and why."""

    because: Words
