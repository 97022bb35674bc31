"""What a device needs to speak to Troth: a credential, a spool that survives power loss, and a connection that comes back.

Rules
- Nothing of Troth itself is imported; Python 3.9 and paho-mqtt are enough.

Source: docs/makers of Troth.
"""

from troth_thing.certificate import claim_certificate, renew_certificate
from troth_thing.clock import Clock, SystemClock
from troth_thing.credential import Credential, claim, load
from troth_thing.errors import ClaimFailed, NoCredential, NotSendable, SpoolFull, ThingError
from troth_thing.spool import Refusal, Spool, WhenFull
from troth_thing.thing import Status, Thing

__all__ = [
    "ClaimFailed",
    "Clock",
    "Credential",
    "NoCredential",
    "NotSendable",
    "Refusal",
    "Spool",
    "SpoolFull",
    "Status",
    "SystemClock",
    "Thing",
    "ThingError",
    "WhenFull",
    "claim",
    "claim_certificate",
    "load",
    "renew_certificate",
]
