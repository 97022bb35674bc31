"""Thing Descriptions and Thing Models of the Web of Things, 1.1: read, checked, and made into what Troth would register."""

from troth.things.descriptions.checking import Checked, Schemas, check
from troth.things.descriptions.proposal import Left, Proposal, ProposedStream, propose

__all__ = ["Checked", "Left", "Proposal", "ProposedStream", "Schemas", "check", "propose"]
