"""A Thing Description or Thing Model as values: what Troth reads of it. Everything else stays in the document.

Rules
- These are views of a document that has the right shape; unknown members are passed over here and listed by `proposal`.
- In a Thing Model a placeholder ({{NAME}}) may stand in the place of any value, so numbers and booleans may be texts.

Source: W3C WoT Thing Description 1.1 §5.3 (vocabulary), §5.4 (defaults), §9 (Thing Models).
"""

import msgspec

__all__ = ["Action", "DataSchema", "Description", "Event", "Form", "Link", "Property", "Response", "Version", "several"]

Text = str | None
Flag = bool | str | None  # a text where a placeholder stands
Number = int | float | str | None
Names = str | tuple[str, ...] | None


class Response(msgspec.Struct, frozen=True, rename={"schema_": "schema", "content_type": "contentType"}):
    """A further response of a form."""

    success: Flag = None
    content_type: Text = None
    schema_: Text = None


class Form(msgspec.Struct, frozen=True, rename="camel"):
    """How an affordance of the thing itself is reached. `href` is missing in a model only."""

    href: Text = None
    op: Names = None
    security: Names = None
    content_type: Text = None
    additional_responses: "Response | tuple[Response, ...] | None" = None


class Link(msgspec.Struct, frozen=True):
    """A link to something else."""

    href: Text = None
    rel: Text = None


class Version(msgspec.Struct, frozen=True):
    """Versions of this thing and of its model."""

    instance: Text = None
    model: Text = None


class DataSchema(msgspec.Struct, frozen=True, rename="camel"):
    """What a value looks like."""

    type: Text = None
    title: Text = None
    description: Text = None
    unit: Text = None
    minimum: Number = None
    maximum: Number = None
    exclusive_minimum: Number = None
    exclusive_maximum: Number = None
    enum: "tuple[object, ...] | str | None" = None
    const: object = msgspec.UNSET
    one_of: "tuple[DataSchema, ...] | str | None" = None
    items: "DataSchema | tuple[DataSchema, ...] | str | None" = None
    properties: "dict[str, DataSchema] | str | None" = None
    required: "tuple[str, ...] | str | None" = None
    min_items: Number = None
    max_items: Number = None
    min_length: Number = None
    max_length: Number = None
    read_only: Flag = None
    write_only: Flag = None


class Property(DataSchema, frozen=True, rename={"at_type": "@type", "ref": "tm:ref", "uri_variables": "uriVariables"}):
    """A state that the thing shows."""

    at_type: Names = None
    forms: tuple[Form, ...] = ()
    observable: Flag = None
    uri_variables: dict[str, DataSchema] | None = None
    ref: Text = None


class Event(msgspec.Struct, frozen=True, rename={"at_type": "@type", "ref": "tm:ref", "uri_variables": "uriVariables"}):
    """Something the thing reports by itself."""

    title: Text = None
    description: Text = None
    data: DataSchema | None = None
    at_type: Names = None
    forms: tuple[Form, ...] = ()
    uri_variables: dict[str, DataSchema] | None = None
    ref: Text = None


class Action(msgspec.Struct, frozen=True, rename={"uri_variables": "uriVariables", "ref": "tm:ref"}):
    """Something the thing does when told."""

    title: Text = None
    input: DataSchema | None = None
    output: DataSchema | None = None
    forms: tuple[Form, ...] = ()
    uri_variables: dict[str, DataSchema] | None = None
    ref: Text = None


class Scheme(msgspec.Struct, frozen=True, rename={"in_": "in", "one_of": "oneOf", "all_of": "allOf"}):
    """A way to be let in by the thing itself."""

    scheme: str
    in_: Text = None
    name: Text = None
    one_of: tuple[str, ...] | None = None
    all_of: tuple[str, ...] | None = None


class Description(
    msgspec.Struct,
    frozen=True,
    rename={
        "at_type": "@type",
        "at_context": "@context",
        "security_definitions": "securityDefinitions",
        "schema_definitions": "schemaDefinitions",
        "uri_variables": "uriVariables",
        "optional": "tm:optional",
    },
):
    """The whole."""

    at_context: object = None
    at_type: Names = None
    id: Text = None
    title: Text = None
    description: Text = None
    version: Version | str | None = None
    support: Text = None
    base: Text = None
    properties: dict[str, Property] = {}
    actions: dict[str, Action] = {}
    events: dict[str, Event] = {}
    links: tuple[Link, ...] = ()
    forms: tuple[Form, ...] = ()
    security: Names = None
    security_definitions: dict[str, Scheme] | str | None = None
    schema_definitions: dict[str, DataSchema] | None = None
    uri_variables: dict[str, DataSchema] | None = None
    optional: tuple[str, ...] = ()

    @property
    def model(self) -> bool:
        """Whether it is a Thing Model."""
        return "tm:ThingModel" in several(self.at_type)


def several(names: Names) -> tuple[str, ...]:
    """One name, several or none, as several."""
    return () if names is None else (names,) if isinstance(names, str) else names
