"""Topics of things and their streams: which exist for whom is the gate's to say, how they are written is here.

Rules
- `things/<thing>/<stream>`, where `<thing>` is its short name or its printed identifier; `things/<thing>/refused`;
  `things/<thing>/senml`.
- A topic that does not exist and one that does not exist for this asker look the same.

Source: things.md, "Speaking"; gate.md, "Rules".
Left out: SensorThings resource paths as topics.
"""

from collections.abc import Callable, Mapping

from troth.errors import BadName
from troth.journeys.hear import Hear, Inlet
from troth.names import Slug, ThingId, check_slug, parse_id, print_thing

__all__ = ["Topics", "has_wildcard", "pack_topics", "refused_topics"]


def has_wildcard(topic_filter: str) -> bool:
    """Whether a well-formed filter may match several topics."""
    return "+" in topic_filter or "#" in topic_filter


def refused_topics(names: tuple[str, ...]) -> tuple[str, ...]:
    """Where a thing of these names is told what was refused."""
    return tuple(f"things/{name}/refused" for name in names)


def pack_topics(names: tuple[str, ...]) -> tuple[str, ...]:
    """Where a thing of these names sends SenML packs."""
    return tuple(f"things/{name}/senml" for name in names)


class Topics:
    """Finds streams by topic.

    Args:
        hear: knows a thing's streams.
        slugs: all short names, now.
    """

    def __init__(self, hear: Hear, *, slugs: Callable[[], Mapping[Slug, ThingId]]) -> None:
        self._hear = hear
        self._slugs = slugs
        self._short: dict[ThingId, Slug] = {}  # short names the other way round, made anew when one is not right

    @property
    def installed(self) -> int:
        """How often something was installed: what was found before may not be right any more when it differs."""
        return self._hear.installed

    def names(self, thing: ThingId) -> tuple[str, ...]:
        """What a thing is called in topics: its short name first, if it has one, then its identifier."""
        slugs = self._slugs()
        slug = self._short.get(thing)
        if slug is None or slugs.get(slug) != thing:
            self._short = {named: each for each, named in slugs.items()}
            slug = self._short.get(thing)
        return (print_thing(thing),) if slug is None else (slug, print_thing(thing))

    def inlets(self, thing: ThingId) -> dict[str, Inlet]:
        """The inlets of a thing by topic."""
        inlets = self._hear.inlets(thing)
        return {f"things/{name}/{stream}": inlet for name in self.names(thing) for stream, inlet in inlets.items()}

    def spoken_for(self, gateway: ThingId, topic: str) -> "Inlet | ThingId | None":
        """The stream of a thing that this one is the gateway of, or the thing where the topic is that of its SenML packs."""
        levels = topic.split("/")
        thing = self._thing(levels[1]) if len(levels) == 3 and levels[0] == "things" else None
        if thing is None or not self._hear.speaks_for(gateway, thing):
            return None
        return thing if levels[2] == "senml" else self._hear.inlets(thing).get(levels[2])

    def number(self, topic: str) -> int | None:
        """The Datastream a topic names, or None; says nothing about who may know of it."""
        levels = topic.split("/")
        if len(levels) != 3 or levels[0] != "things":
            return None
        thing = self._thing(levels[1])
        inlet = None if thing is None else self._hear.inlets(thing).get(levels[2])
        return None if inlet is None else inlet.number

    def of(self, thing: ThingId, stream: str) -> tuple[str, ...]:
        """The topics a stream of this name goes under."""
        return tuple(f"things/{name}/{stream}" for name in self.names(thing))

    def _thing(self, name: str) -> ThingId | None:
        try:
            return self._slugs().get(check_slug(name)) or ThingId(parse_id("th", name))
        except BadName:
            return None
