"""What the interface of recipients and of what is withheld is asked with and answers, each body declared once.

Rules
- Orders stand as `eo...`, shares as `sh...`, wishes as `sq...`, withholdings as `wh...`; days as YYYY-MM-DD.
- Nothing here names a person or a home.

Source: docs/reference/api.md; Data Act, Articles 4 to 6; GDPR Articles 17 and 19.
"""

from typing import Annotated

import msgspec

from troth.api.erasing_forms import OrderShown, UnusedShown
from troth.api.share_forms import DutyShown
from troth.names import PurposeId, Uri
from troth.statements.erase_order import ANSWER_MAX, Answered
from troth.statements.withholding import Notified, Rung
from troth.things.variants import Variant

__all__ = [
    "EraseAnswerForm",
    "GivenShown",
    "OrdersShown",
    "RecipientShown",
    "RequestForm",
    "RequestMade",
    "RequestShown",
    "UnusedShownAll",
    "WithholdingEndForm",
    "WithholdingForm",
    "WithholdingMade",
    "WithholdingShown",
    "Withholdings",
]

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=ANSWER_MAX)]


class EraseAnswerForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """It is erased, or something is kept: then `words` say what and why, and `citation` what allows it."""

    answered: Answered
    words: Short | None = None
    citation: Short | None = None


class OrdersShown(msgspec.Struct, frozen=True):
    """Orders, newest first."""

    orders: tuple[OrderShown, ...]


class GivenShown(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """One share as the party that has it sees it; `words`: conditions of those who gave it."""

    share: str
    datastreams: tuple[int, ...]
    variant: str
    from_: str
    to: str
    since: str | None = None
    words: tuple[str, ...] = ()


class RequestShown(msgspec.Struct, frozen=True):
    """What was asked of people, and until when they are asked."""

    wish: str
    product: Uri
    streams: tuple[str, ...]
    variant: str
    days: int
    words: str
    until: str


class RecipientShown(msgspec.Struct, frozen=True):
    """What the party of a token may read and owes, for its purpose."""

    party: str
    app: str
    purpose: PurposeId
    what_for: str
    datastreams: tuple[int, ...]
    shares: tuple[GivenShown, ...]
    duties: tuple[DutyShown, ...]
    requests: tuple[RequestShown, ...]


class RequestForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Ask people for streams of things of a product, for the purpose of the token, for so many days from a yes on."""

    product: Uri
    streams: tuple[str, ...]
    days: int
    words: Words
    variant: str = Variant.RAW.value


class RequestMade(msgspec.Struct, frozen=True):
    """People are asked."""

    wish: str


class UnusedShownAll(msgspec.Struct, frozen=True):
    """All of them, the one that ends first in front."""

    unused: tuple[UnusedShown, ...]


class WithholdingForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Withhold streams of a product from third parties, or from one, until `to`; `notified` with every step but `measures`."""

    by: Uri
    product: Uri
    rung: Rung
    words: Words
    to: str
    streams: tuple[str, ...] = ()
    party: Uri | None = None
    measures: Words | None = None
    notified: Notified | None = None


class WithholdingEndForm(msgspec.Struct, frozen=True):
    """It ends sooner, and why."""

    because: Words


class WithholdingMade(msgspec.Struct, frozen=True):
    """It is said."""

    withholding: str


class WithholdingShown(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """One withholding, the paragraph of the Data Act that it rests on, and whether it holds now."""

    withholding: str
    by: Uri
    name: str
    product: Uri
    rung: Rung
    paragraph: str
    words: str
    from_: str
    to: str
    holds: bool
    streams: tuple[str, ...] = ()
    party: Uri | None = None
    measures: str | None = None
    notified: Notified | None = None
    because: str | None = None


class Withholdings(msgspec.Struct, frozen=True):
    """All of them, newest first."""

    withholdings: tuple[WithholdingShown, ...]
