"""Kind `organisation`: a party that can answer, with a contact that reaches it. Face: open.

Source: mission.md, "clear accountability"; formats.md, "Identifiers".
"""

import msgspec

from troth.names import Uri

__all__ = ["OrganisationBody"]


class OrganisationBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`contact` is an https: or mailto: address read by people; it is an organisation's, never a private person's."""

    organisation: Uri
    name: str
    contact: str
    about: str | None = None
