"""What can go wrong on a device, as one family of errors.

Rules
- A value that Troth refuses is no error here: it is a `Refusal`, given to whoever asked for them.
"""

__all__ = ["ClaimFailed", "NoCredential", "NotSendable", "SpoolFull", "ThingError"]


class ThingError(Exception):
    """The root of all errors of this package."""


class ClaimFailed(ThingError):
    """The node did not give a credential; the message says why. The token is spent only if the node said so."""


class NoCredential(ThingError):
    """The file with the credential is not there, cannot be read, or is none."""


class NotSendable(ThingError):
    """The value, stream or id cannot be sent to any node: no JSON, not finite, or too long."""


class SpoolFull(ThingError):
    """The spool has no room and was told to refuse what is new; the value is not kept."""
