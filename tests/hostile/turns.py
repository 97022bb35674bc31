"""What turns while somebody listens, as a table: a no that becomes a yes, a yes that becomes a no, and what goes on.

A line says who listens, what happens before (deeds as in `cases.py`), what happens while they listen, what they hear before and
after it.
- code: why a stream ends that they asked for by its name; without one it does not end, and what may come comes.
- over: why all ends that they listen to.
- last: what was said before stands under the yes, too, so it is told as the last value.

Further deeds
- `ben-gives`, `ben-refuses`, `give-a-minute` (a yes for so long), `minute` (it passes), `object` and `agree` (Ana objects to
  what rests on interest, or takes that back).
- `ben-leaves` and `ben-out` (he leaves, or Ana removes him), `cem` (one more comes to live there), `erase` and
  `erase-both` (Ben is erased, or Ana too), `token` (that of whoever listens ends), `over` (the thing is over).
- `ana-rules` and `rules-end` (she says where nothing may go, or ends that), `permit` (the rules of the place are taken back),
  `other-text` (the disclosure has another recipient), `quiet` and `loud` (private mode of the home, and its end).
"""

from typing import Final, NamedTuple

from tests.hostile.cases import Case, View

__all__ = ["OVER", "TURNS", "Turn"]


class Turn(NamedTuple):
    """One line."""

    asks: str
    before: str
    deed: str
    first: View
    then: View
    code: str = ""
    over: str = ""
    last: bool = False
    views: tuple[str, ...] = ()
    open: bool = False
    sign: str = ""
    rests: str = "choice"

    @property
    def case(self) -> Case:
        """Whoever listens, as a case."""
        views = self.views or (("raw",) if self.rests != "choice" else ())
        return Case(
            self.asks, f"{self.before} {self.deed}", self.first, (), self.open, views, self.sign, rests=self.rests
        )


RAW, NO, NONE = View.RAW, View.SPOKEN, View.NOTHING
OVER: Final = "wrong-token"  # the end of all that somebody listens to

TURNS: Final = {
    # a yes becomes a no
    "a yes is taken back": Turn("lab", "give", "withdraw", RAW, NO, "withdrawn"),
    "half of a yes is taken back": Turn("lab", "give", "ben-withdraws", RAW, NO, "withdrawn"),
    "a yes becomes a no": Turn("lab", "give", "refuse", RAW, NO, "refused"),
    "a yes comes to its end": Turn("lab", "give-a-minute", "minute", RAW, NO, "expired"),
    "one more comes to live there": Turn("lab", "give", "cem", RAW, NO, "no-ground"),
    "a child comes to live there": Turn("lab", "give", "child", RAW, NO, "no-ground"),
    "a rule of the place": Turn("lab", "give", "forbid", RAW, NO, "policy"),
    "a rule of the place, of what is open": Turn("nobody", "", "forbid", RAW, NO, "policy", open=True),
    "a rule about places": Turn("lab", "give", "ana-rules", RAW, NO, "place"),
    "a rule about places for a child": Turn("lab", "child give kim-gives", "rule", RAW, NO, "place"),
    "somebody who passes objects": Turn("lab", "", "pass", RAW, NO, "objected", open=True, sign="yes"),
    "who lives there objects": Turn("lab", "", "object", RAW, NO, "objected", rests="objectable"),
    "a share ends": Turn("adviser", "share", "unshare", RAW, NO, "withdrawn"),
    "half of a share ends": Turn("adviser", "share", "ben-unshares", RAW, NO, "withdrawn"),
    "a rule of the place, of what is shared": Turn("adviser", "share", "forbid", RAW, NO, "policy"),
    "what an authority was given ends": Turn("police", "order", "order-over", RAW, NO, "expired"),
    "a rule of the place, of what an authority was given": Turn("police", "order", "forbid", RAW, NO, "policy"),
    "a red line about who listens": Turn("broker", "give", "line", RAW, NO, "red-line"),
    "nobody answers for it any more": Turn("lab", "give", "unreached", RAW, NO, "unanswered"),
    "who listens becomes a gatekeeper": Turn("giant", "share", "giant", RAW, NO, "gatekeeper"),
    "what is shared is withheld": Turn("adviser", "share", "withhold", RAW, NO, "withheld"),
    "a use is announced anew, and begins later": Turn("lab", "give", "later", RAW, NO, "not-yet"),
    "a group is asked for where nobody counts the homes": Turn(
        "lab", "", "group", RAW, NO, "not-offered", open=True, sign="yes"
    ),
    "who listens leaves the home": Turn("ben", "", "ben-leaves", RAW, NONE, "not-found"),
    "who listens is removed from the home": Turn("ben", "", "ben-out", RAW, NONE, "not-found"),
    "who listens is erased": Turn("ben", "", "erase", RAW, NONE, over=OVER),
    "a token ends": Turn("lab", "give", "token", RAW, NO, over=OVER),
    "all who said yes are erased": Turn("lab", "give", "erase-both", RAW, NONE, "not-found"),
    "a disclosure that names somebody else": Turn("lab", "give", "other-text", RAW, NONE, "not-found"),
    # what goes on, with less or nothing to be heard
    "a yes becomes one to means": Turn("lab", "give", "means", RAW, View.MEANS),
    "a yes becomes one to rounded values": Turn("lab", "give", "coarsest", RAW, View.ROUNDED, views=("raw", "round=8")),
    "a yes becomes one to what is late": Turn("lab", "give", "coarsest", RAW, View.LATE, views=("raw", "delay=P90D")),
    "an objection leaves means": Turn("lab", "", "pass", RAW, View.MEANS, open=True, sign="mean"),
    "private mode begins": Turn("lab", "give", "quiet", RAW, RAW),
    "private mode begins, for who lives there": Turn("ben", "", "quiet", RAW, RAW),
    "private mode of a child begins": Turn("lab", "child give kim-gives", "hush", RAW, RAW),
    "private mode ends": Turn("lab", "give quiet", "loud", RAW, RAW),
    "what was said is stopped": Turn("lab", "give", "stop", RAW, RAW),
    "what is shared is withheld, for who lives there": Turn("ana", "share", "withhold", RAW, RAW),
    "others say no, for who lives there": Turn("ana", "give", "withdraw", RAW, RAW),
    "a rule of the place, for who lives there": Turn("ana", "", "forbid", RAW, RAW),
    "a thing is over": Turn("lab", "give", "over", RAW, RAW),
    "a thing is over, for who lives there": Turn("ana", "", "over", RAW, RAW),
    "one of those who said yes is erased": Turn("lab", "give", "erase", RAW, RAW),
    "one of those who live there is erased": Turn("ana", "", "erase", RAW, RAW),
    # a no becomes a yes
    "a yes is given": Turn("lab", "", "give", NO, RAW),
    "the other half of a yes is given": Turn("lab", "ana-gives", "ben-gives", NO, RAW),
    "a yes is given again": Turn("lab", "give withdraw", "give", NO, RAW),
    "whoever said no leaves": Turn("lab", "ana-gives ben-refuses", "ben-leaves", NO, RAW),
    "whoever said no is erased": Turn("lab", "ana-gives ben-refuses", "erase", NO, RAW),
    "a yes for a child": Turn("lab", "child give", "kim-gives", NO, RAW),
    "the rules of the place are taken back": Turn("lab", "give forbid", "permit", NO, RAW, last=True),
    "a rule about places ends": Turn("lab", "give ana-rules", "rules-end", NO, RAW, last=True),
    "who passed objects no more": Turn("lab", "pass", "back", NO, RAW, open=True, sign="yes"),
    "who lives there objects no more": Turn("lab", "object", "agree", NO, RAW, rests="objectable"),
    "a share begins": Turn("adviser", "", "share", NONE, RAW),
    "an authority is given something": Turn("police", "", "order", NONE, RAW),
    # a no that stays one
    "a yes to another": Turn("shop", "", "give", NONE, NONE),
    "a yes in another home": Turn("cleo", "", "give", NONE, NONE),
    "half a yes": Turn("lab", "", "ana-gives", NO, NO),
    "half a share": Turn("adviser", "", "ana-shares", NONE, NONE),
}
