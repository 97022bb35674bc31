"""Who is allowed what, as a table: one line for each case. Every path out of a node is walked with each of them.

A line says who asks, what happens before, and what they may see then.
- asks: `lab` (a recipient that a disclosure names), `sales` (the same one, with a token for a purpose that none names),
  `other-app` (the same one, with a token for another of its apps), `broker` (a recipient that only its own case names),
  `giant` (one more with which people may share), `shop` (one that none names), `adviser` (one with which people may share),
  `police` (an authority with a request), `ana` (who lives there), `ben` (lives there too), `kim` (a child who lives there),
  `cleo` (lives elsewhere), `owner` (runs the place), `thing` (the thing itself), `nobody`.
- does, in order: `say` (the thing says the next value), `give`, `means` (a yes to hourly means only), `coarsest` (a yes to the
  last of `views` only), `refuse`, `withdraw` (Ana and Ben alike), `ana-gives`, `ben-withdraws` (one of them), `stop` (Ana has
  nobody use what was said last), `go` (ends that), `hour` (an hour passes), `street` (two homes beside it say yes, and their
  own value), `ask` (whoever asks reads once, so that something is held for them), `forbid` (a rule of the place stops all
  reading of the thing), `pass` (somebody who passes objects with the code of the sign), `back` (and takes that back), `share`,
  `share-means` and `unshare` (Ana and Ben share with the adviser, or end it), `ana-shares`, `ben-unshares` (one of them),
  `order`, `order-means` and `order-over` (an authority is given what is measured from then on, means from before too, and
  loses it).
  `child` (Kim, who is nine, comes to live there; Ana answers for it), `kim-gives` (she says yes for it), `hush` and `unhush`
  (she has private mode on for it, or ends that), `mute` (the thing says what is not kept), `rule` (she says for it that nothing
  goes where the lab may be).
  Of a party, a product or a place of its own: `app-rule` (a rule of the place lets one app of the lab read and no other),
  `line` (a red line is drawn: nothing ever goes to the broker), `giant` (the giant becomes a designated gatekeeper),
  `withhold` (the maker withholds what is shared), `later` (research is announced anew, and begins next year), `group` (what is
  disclosed has a least number of homes from then on), `unreached` (the contact of who answers for the thing lapses).
- sees: the numbers of the values that may be seen, from 0.
- view: RAW, or coarser: MEANS, SUMS (of each hour), STREET (the mean of three homes), ROUNDED (down to eights), LATE (nothing
  is old enough yet); or why nothing is seen: SPOKEN (they are told no) or NOTHING (for them there is no such stream).
- views: what is disclosed for research, where it is not the raw stream and its hourly mean.
- code: the code of the no, as it is told where it is spoken, and inside where it is not.
- to_all: research is declared for anybody; rests: on what it rests, where that is not a choice.
- open: the stream is of a public place and open to anyone.
- sign: it is of a public place and read by the lab until somebody who passes objects; `mean`: an hourly mean was agreed, too.
"""

from enum import Enum, auto
from typing import Final, NamedTuple

__all__ = ["CASES", "Case", "View"]


class View(Enum):
    """What is seen."""

    RAW = auto()
    MEANS = auto()
    SUMS = auto()
    STREET = auto()
    ROUNDED = auto()
    LATE = auto()
    SPOKEN = auto()
    NOTHING = auto()


class Case(NamedTuple):
    """One line."""

    asks: str
    does: str
    view: View
    sees: tuple[int, ...] = ()
    open: bool = False
    views: tuple[str, ...] = ()
    sign: str = ""
    to_all: bool = False
    rests: str = "choice"
    code: str = ""


CASES: Final = {
    "anybody, what is open": Case("nobody", "say say", View.RAW, (0, 1), open=True),
    "a recipient, what is open to anyone": Case("shop", "say say", View.NOTHING, open=True, code="undeclared"),
    "anybody, a home": Case("nobody", "give say say", View.NOTHING, code="undeclared"),
    "who lives there": Case("ana", "say say", View.RAW, (0, 1)),
    "who lives there, after a no to others": Case("ana", "refuse say say", View.RAW, (0, 1)),
    "the other who lives there": Case("ben", "say say", View.RAW, (0, 1)),
    "who lives elsewhere": Case("cleo", "give say say", View.NOTHING, code="unknown"),
    "who runs the place": Case("owner", "give say say", View.NOTHING),
    "the thing itself": Case("thing", "give say say", View.NOTHING),
    "a recipient with a yes": Case("lab", "give say say", View.RAW, (0, 1)),
    "a recipient with a yes from then on": Case("lab", "say give say", View.RAW, (1,)),
    "a recipient with a gap": Case("lab", "give say withdraw say give say", View.RAW, (0, 2)),
    "a recipient with a yes to means": Case("lab", "means hour say say hour", View.MEANS, (0, 1)),
    "a recipient whose raw yes became means": Case("lab", "give say say ask hour means", View.MEANS, ()),
    "a recipient with a yes to sums": Case(
        "lab", "coarsest hour say say hour", View.SUMS, (0, 1), views=("raw", "sum=PT1H")
    ),
    "a recipient with the mean of a street": Case(
        "lab", "coarsest street hour say street hour", View.STREET, (0,), views=("raw", "mean=PT1H,homes=3")
    ),
    "a recipient of a street that is too short": Case(
        "lab", "coarsest hour say say hour", View.SPOKEN, views=("raw", "mean=PT1H,homes=3"), code="small-group"
    ),
    "a recipient of a street with a no in it": Case(
        "lab",
        "coarsest street hour say street hour ask ben-withdraws",
        View.SPOKEN,
        views=("raw", "mean=PT1H,homes=3"),
        code="withdrawn",
    ),
    "anybody, the mean of a street": Case(
        "nobody", "coarsest street hour say street hour", View.STREET, (0,), views=("mean=PT1H,homes=3",), to_all=True
    ),
    "anybody, a street with a no in it": Case(
        "nobody",
        "coarsest street hour say street hour ask ben-withdraws",
        View.NOTHING,
        views=("mean=PT1H,homes=3",),
        to_all=True,
        code="withdrawn",
    ),
    "who lives on the street": Case("ana", "coarsest street say", View.RAW, (0,), views=("raw", "mean=PT1H,homes=3")),
    "a recipient with a yes to rounded values": Case(
        "lab", "coarsest say say", View.ROUNDED, (0, 1), views=("raw", "round=8")
    ),
    "a recipient whose raw yes became rounded": Case(
        "lab", "give say ask coarsest say", View.ROUNDED, (0, 1), views=("raw", "round=8")
    ),
    "a recipient with a yes to what is late": Case("lab", "coarsest say say", View.LATE, views=("raw", "delay=P90D")),
    "a recipient whose raw yes became late": Case(
        "lab", "give say say ask coarsest", View.LATE, views=("raw", "delay=P90D")
    ),
    "a recipient with a yes to less than is offered": Case(
        "lab", "means say say", View.SPOKEN, views=("raw", "mean=PT30M"), code="no-ground"
    ),
    "a recipient that was never answered": Case("lab", "say say", View.SPOKEN, code="no-ground"),
    "a recipient with a no": Case("lab", "refuse say say", View.SPOKEN, code="refused"),
    "a recipient after it was taken back": Case("lab", "give say say ask withdraw", View.SPOKEN, code="withdrawn"),
    "a recipient with half a yes": Case("lab", "ana-gives say say", View.SPOKEN, code="no-ground"),
    "a recipient that lost half of it": Case("lab", "give say say ask ben-withdraws", View.SPOKEN, code="withdrawn"),
    "a recipient that a rule stops": Case("lab", "give say say forbid", View.SPOKEN, code="policy"),
    "a recipient that a rule stopped meanwhile": Case("lab", "give say say ask forbid", View.SPOKEN, code="policy"),
    "anybody, what is open, and a rule stops": Case(
        "nobody", "say say ask forbid", View.SPOKEN, open=True, code="policy"
    ),
    "who lives there, whatever the rules": Case("ana", "give say say ask forbid", View.RAW, (0, 1)),
    "a recipient, while nobody who passes objects": Case("lab", "say say", View.RAW, (0, 1), open=True, sign="yes"),
    "a recipient, once somebody who passes objects": Case(
        "lab", "say say ask pass", View.SPOKEN, open=True, sign="yes", code="objected"
    ),
    "a recipient, with what was measured while somebody objected": Case(
        "lab", "say ask pass say back say", View.RAW, (0, 2), open=True, sign="yes"
    ),
    "a recipient, whose view became coarse": Case(
        "lab", "hour say say ask pass hour", View.MEANS, (0, 1), open=True, sign="mean"
    ),
    "anybody, what a sign stands beside": Case(
        "nobody", "say pass say", View.NOTHING, open=True, sign="yes", code="undeclared"
    ),
    "a recipient, of what somebody has stopped": Case("lab", "give say say stop say", View.RAW, (0, 2)),
    "whoever stopped it": Case("ana", "say say stop say", View.RAW, (0, 1, 2)),
    "the other, of what somebody has stopped": Case("ben", "say say stop say", View.RAW, (0, 2)),
    "a recipient, of what is not stopped any more": Case("lab", "give say say stop ask go", View.RAW, (0, 1)),
    "a recipient, of a home with a child nobody answered for": Case(
        "lab", "child give say", View.SPOKEN, code="no-ground"
    ),
    "a recipient, of what was kept private for a child": Case(
        "lab", "child give kim-gives say hush mute unhush say", View.RAW, (0, 1)
    ),
    "who lives there, of what was kept private for a child": Case("ben", "child say hush mute unhush", View.RAW, (0,)),
    "a guardian, of what was kept private for the child": Case("ana", "child say hush mute unhush", View.RAW, (0,)),
    "a child who lives there": Case("kim", "child say say", View.SPOKEN, code="no-ground"),
    "a recipient that a rule for a child stops": Case(
        "lab", "child give kim-gives say ask rule", View.SPOKEN, code="place"
    ),
    "a recipient with a yes, for another purpose": Case("sales", "give say say", View.NOTHING, code="undeclared"),
    "a recipient, by the app that a rule lets read": Case("lab", "give say say app-rule", View.RAW, (0, 1)),
    "a recipient, by another app than that": Case("other-app", "give say say app-rule", View.SPOKEN, code="policy"),
    # A line begins every figure over homes anew: it is drawn before those of the streets above.
    "a recipient that a red line keeps out": Case(
        "broker", "give say say ask line hour hour", View.SPOKEN, code="red-line"
    ),
    "a recipient, of what begins later": Case("lab", "give say say ask later", View.SPOKEN, code="not-yet"),
    "a recipient, where nobody counts the homes": Case(
        "lab", "say say ask group", View.SPOKEN, open=True, sign="yes", code="not-offered"
    ),
    "a recipient, where nobody answers any more": Case(
        "lab", "give say say ask unreached", View.SPOKEN, code="unanswered"
    ),
    "a third party that became a gatekeeper": Case("giant", "share say say ask giant", View.SPOKEN, code="gatekeeper"),
    "a third party, of what is withheld": Case("adviser", "share say say ask withhold", View.SPOKEN, code="withheld"),
    "who lives there, of what is withheld": Case("ana", "share say say withhold", View.RAW, (0, 1)),
    "a recipient that nobody named": Case("shop", "give say say", View.NOTHING, code="undeclared"),
    "an authority, of which nothing was decided": Case("police", "give say say", View.NOTHING, code="undeclared"),
    "an authority, what was given and nothing earlier": Case("police", "give say order say", View.RAW, (1,)),
    "an authority, what was given without a yes": Case("police", "refuse say order say", View.RAW, (1,)),
    "an authority with means": Case("police", "hour say say hour order-means", View.MEANS, (0, 1)),
    "an authority, after its end": Case("police", "say ask order ask order-over", View.SPOKEN, code="expired"),
    "an authority that a rule stops": Case("police", "say order ask forbid", View.SPOKEN, code="policy"),
    "a third party with which all share": Case("adviser", "share say say", View.RAW, (0, 1)),
    "a third party, of what somebody has stopped": Case("adviser", "share say say stop say", View.RAW, (0, 2)),
    "a third party with which nobody shares": Case("adviser", "give say say", View.NOTHING, code="undeclared"),
    "a third party with half a share": Case("adviser", "ana-shares say say", View.NOTHING, code="undeclared"),
    "a third party with means": Case("adviser", "share-means hour say say hour", View.MEANS, (0, 1)),
    "a third party after the share has ended": Case(
        "adviser", "share say say ask unshare", View.SPOKEN, code="withdrawn"
    ),
    "a third party that lost half of it": Case(
        "adviser", "share say say ask ben-unshares", View.SPOKEN, code="withdrawn"
    ),
    "a third party that a rule stops": Case("adviser", "share say say ask forbid", View.SPOKEN, code="policy"),
    "a third party with a gap": Case("adviser", "share say unshare say share say", View.RAW, (0, 2)),
    "a recipient, of what is shared with another": Case("lab", "share say say", View.SPOKEN, code="no-ground"),
}
