"""What each route answers whom: one line for each route and method. A new route needs a line here before it can exist.

Who may:
- ANYBODY: the same answer to everybody, whatever they show, as long as it can be read.
- OPERATOR: whoever runs this place, by token, or by cookie from its own pages; nobody else, 401.
- PERSON: a person in a session of their own, and only about themself; nobody else, 401.
- HOME: as PERSON, about everybody of the home.
- THING: a thing with its own credential, about itself; nobody else.
- COUNTED: the operator, and the thing itself; 401 without a token, and for other tokens there is no such thing.
- GATED: whoever the gate lets; for all others there is nothing of that name.
- SPENDS: whoever has the token that stands in the body; what is shown in the head counts for nothing.
- LEAVES: anybody; a session that is shown ends.
- VISITOR: whoever has a session, about the sessions of that person or party alone; nobody else, 401.
- MAKER, AUTHORITY: such an organisation in a session at its own door; nobody else, 401.
- SIGNED: whoever has signed what stands in the body.
- PAGE: a page that shows something to who has the cookie for it, and to all others what it shows to anybody.
- FORM: a page that changes something: with a cookie, the key of its form, and from our own pages.
"""

from enum import Enum, auto
from typing import Final

from troth.testing.people import RESEARCH

__all__ = ["AS", "LOG", "METHODS", "TABLE", "Who"]


class Who(Enum):
    """Who may."""

    ANYBODY = auto()
    OPERATOR = auto()
    PERSON = auto()
    THING = auto()
    COUNTED = auto()
    GATED = auto()
    SPENDS = auto()
    LEAVES = auto()
    VISITOR = auto()
    SIGNED = auto()
    HOME = auto()
    MAKER = auto()
    AUTHORITY = auto()
    PAGE = auto()
    FORM = auto()


METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY")
"""HEAD is answered wherever GET is, and is asked beside it."""

LOG: Final = frozenset(
    {
        "/checkpoint",
        "/checkpoint/witnessed",
        "/tile/{path:path}",
        "/entries",
        "/entries/{id}",
        "/entries/{id}/tlog-proof",
        "/.well-known/scitt-keys",
        "/.well-known/scitt-keys/{kid}",
    }
)
"""What a page of any site may read: it is public, and nothing else can be reached through these."""

AS: Final = {
    "/why/{id}": ("?as=person", "?as=recipient"),
    "/why/{id}/proof": ("?as=person", "?as=recipient", "?as=person&flip=value"),
    "/proofs/{id}.troth-proof": ("?as=person", "?as=recipient"),
    "/v1.1/Datastreams({number})/Observations": (
        "?$count=true",
        "?$top=1&$orderby=phenomenonTime desc",
        "?$resultFormat=CSV",
        "?$resultFormat=dataArray&$select=result",
    ),
    "/api/events": ("?datastreams={number}",),
    "/metrics": ("?things",),
    "/mine/leave": ("?home={home}&person={person}",),
    "/mine/foresee": (f"?stream={{number}}&purpose={RESEARCH}&decision=refuse",),
    "/mine/yes": (f"?stream={{number}}&purpose={RESEARCH}",),
}
"""What is asked for beside the path alone."""

TABLE: Final = {
    # pages
    "GET /": Who.PAGE,
    "GET /check": Who.ANYBODY,
    "GET /enter/{token}": Who.ANYBODY,
    "POST /enter": Who.SPENDS,
    "POST /leave": Who.FORM,
    "GET /mine": Who.PAGE,
    "GET /mine/book": Who.PAGE,
    "GET /mine/book/{place}.troth-proof": Who.PAGE,
    "GET /mine/erase": Who.PAGE,
    "POST /mine/erase": Who.FORM,
    "GET /mine/foresee": Who.PAGE,
    "GET /mine/places": Who.PAGE,
    "POST /mine/places": Who.FORM,
    "POST /mine/places/end": Who.FORM,
    "POST /choose": Who.FORM,
    "GET /where": Who.PAGE,
    "GET /grounds": Who.PAGE,
    "GET /rules": Who.PAGE,
    "GET /operate/rules": Who.PAGE,
    "POST /operate/rules": Who.FORM,
    "POST /operate/rules/look": Who.FORM,
    "GET /mine/leave": Who.PAGE,
    "POST /mine/leave": Who.FORM,
    "GET /mine/people": Who.PAGE,
    "GET /mine/children": Who.PAGE,
    "POST /mine/children": Who.FORM,
    "GET /maker": Who.PAGE,
    "GET /audit": Who.PAGE,
    "GET /mine/key": Who.PAGE,
    "POST /mine/key": Who.FORM,
    "POST /mine/key/passkeys": Who.FORM,
    "POST /mine/key/said": Who.FORM,
    "GET /mine/said/{statement}.troth-proof": Who.PAGE,
    "GET /mine/yes": Who.PAGE,
    "POST /mine/yes": Who.FORM,
    "GET /mine/private": Who.PAGE,
    "POST /mine/private": Who.FORM,
    "POST /mine/private/end": Who.FORM,
    "POST /object": Who.FORM,
    "GET /signs/{sign}": Who.ANYBODY,  # whoever reads the sign
    "POST /signs/{sign}": Who.SPENDS,
    "GET /signs/{sign}/{secret}": Who.ANYBODY,
    "POST /signs/{sign}/{secret}": Who.SPENDS,
    "GET /signs/{sign}/screen/{key}": Who.ANYBODY,  # whoever has its key
    "GET /operate/signs": Who.PAGE,
    "POST /operate/signs": Who.FORM,
    "GET /operate/signs/{sign}": Who.PAGE,
    "GET /news": Who.ANYBODY,
    "GET /news.atom": Who.ANYBODY,
    "GET /feeds/{token}.atom": Who.ANYBODY,
    "GET /mine/news": Who.PAGE,
    "POST /mine/news/feed": Who.FORM,
    "POST /mine/news/feed/end": Who.FORM,
    "POST /mine/news/mail": Who.FORM,
    "POST /mine/news/mail/end": Who.FORM,
    "GET /mail/confirm/{token}": Who.ANYBODY,
    "POST /mail/confirm/{token}": Who.SPENDS,
    "GET /mail/stop/{token}": Who.ANYBODY,
    "POST /mail/stop/{token}": Who.SPENDS,
    "GET /authorities": Who.PAGE,
    "GET /operate/connect": Who.PAGE,
    "POST /operate/connect": Who.FORM,
    "POST /operate/connect/sheet": Who.FORM,
    "GET /screen": Who.PAGE,
    "GET /operate": Who.PAGE,
    "GET /operate/people": Who.PAGE,
    "POST /operate/people": Who.FORM,
    "GET /operate/recipients": Who.PAGE,
    "POST /operate/recipients": Who.FORM,
    "GET /sign-in": Who.ANYBODY,
    "POST /sign-in": Who.SPENDS,
    "POST /sign-in/passkey": Who.SPENDS,
    "GET /ways/{role}": Who.PAGE,
    "POST /ways/{role}/password": Who.FORM,
    "POST /ways/{role}/passkeys": Who.FORM,
    "POST /ways/{role}/end": Who.FORM,
    "GET /things/{slug}": Who.PAGE,
    "GET /why/{id}": Who.PAGE,
    "GET /why/{id}/proof": Who.PAGE,
    "GET /proofs/{id}.troth-proof": Who.PAGE,
    "GET /static/{name}": Who.ANYBODY,
    # the log
    "GET /checkpoint": Who.ANYBODY,
    "GET /checkpoint/witnessed": Who.ANYBODY,
    "GET /tile/{path:path}": Who.ANYBODY,
    "POST /entries": Who.SIGNED,
    "GET /entries/{id}": Who.ANYBODY,
    "GET /entries/{id}/tlog-proof": Who.ANYBODY,
    "GET /.well-known/scitt-keys": Who.ANYBODY,
    "GET /.well-known/scitt-keys/{kid}": Who.ANYBODY,
    # SensorThings and the Web of Things: what stands below a mount is said by its paths
    "GET /v1.1": Who.ANYBODY,
    "GET /v1.1/": Who.ANYBODY,
    "GET /v1.1/Things": Who.GATED,
    "GET /v1.1/Things({number})": Who.GATED,
    "GET /v1.1/Things({number})/Datastreams": Who.GATED,
    "GET /v1.1/Datastreams": Who.GATED,
    "GET /v1.1/Datastreams({number})": Who.GATED,
    "GET /v1.1/Datastreams({number})/Thing": Who.GATED,
    "GET /v1.1/Datastreams({number})/Sensor": Who.GATED,
    "GET /v1.1/Datastreams({number})/ObservedProperty": Who.GATED,
    "GET /v1.1/Datastreams({number})/Observations": Who.GATED,
    "POST /v1.1/Datastreams({number})/Observations": Who.THING,
    "GET /v1.1/Sensors": Who.GATED,
    "GET /v1.1/Sensors({number})": Who.GATED,
    "GET /v1.1/Sensors({number})/Datastreams": Who.GATED,
    "GET /v1.1/ObservedProperties": Who.GATED,
    "GET /v1.1/ObservedProperties({number})": Who.GATED,
    "GET /v1.1/ObservedProperties({number})/Datastreams": Who.GATED,
    "GET /v1.1/Observations": Who.ANYBODY,  # which is not offered
    "POST /v1.1/Observations": Who.THING,
    "GET /v1.1/Observations({id})": Who.GATED,
    "GET /v1.1/Observations({id})/Datastream": Who.GATED,
    "POST /v1.1/CreateObservations": Who.THING,
    "POST /v1.1/things/{thing}/senml": Who.THING,
    "GET /v1.1/things/{thing}/csv": Who.THING,
    "POST /v1.1/things/{thing}/csv": Who.THING,
    "GET /api/events": Who.GATED,
    "GET /wot/things": Who.GATED,
    "GET /wot/things/": Who.GATED,
    "GET /wot/things/{number}": Who.GATED,
    "GET /wot/things/{number}/properties/{stream}": Who.GATED,
    # the JSON interface
    "GET /api/organisations": Who.OPERATOR,
    "POST /api/organisations": Who.OPERATOR,
    "GET /api/products": Who.OPERATOR,
    "POST /api/products": Who.OPERATOR,
    "POST /api/disclosures": Who.OPERATOR,
    "POST /api/descriptions": Who.OPERATOR,
    "POST /api/households": Who.OPERATOR,
    "POST /api/people": Who.OPERATOR,
    "POST /api/people/{person}/invitation": Who.OPERATOR,
    "GET /api/people/{person}/erasure": Who.OPERATOR,
    "POST /api/people/{person}/erasure": Who.OPERATOR,
    "POST /api/people/{person}/preservations": Who.OPERATOR,
    "POST /api/people/{person}/preservations/{preservation}/end": Who.OPERATOR,
    "POST /api/recipients": Who.OPERATOR,
    "POST /api/operator/invitation": Who.OPERATOR,
    "GET /api/recipients/tokens": Who.OPERATOR,
    "DELETE /api/recipients/tokens/{id}": Who.OPERATOR,
    "GET /api/things": Who.OPERATOR,
    "POST /api/things": Who.OPERATOR,
    "POST /api/things/many": Who.OPERATOR,
    "POST /api/things/claims": Who.OPERATOR,
    "POST /api/things/{slug}/claim": Who.OPERATOR,
    "GET /api/things/{slug}/tally": Who.COUNTED,
    "POST /api/things/{slug}/name": Who.OPERATOR,
    "POST /api/things/{slug}/device": Who.OPERATOR,
    "POST /api/things/{slug}/home": Who.OPERATOR,
    "POST /api/things/{slug}/end": Who.OPERATOR,
    "POST /api/things/{slug}/revoke": Who.OPERATOR,
    "GET /api/types": Who.OPERATOR,
    "POST /api/types": Who.OPERATOR,
    "POST /api/types/{type}/things": Who.OPERATOR,
    "GET /api/types/{type}/differing": Who.OPERATOR,
    "GET /api/status": Who.OPERATOR,
    "POST /api/street": Who.OPERATOR,
    "GET /api/keys": Who.OPERATOR,
    "POST /api/keys": Who.OPERATOR,
    "POST /api/keys/rotate": Who.OPERATOR,
    "POST /api/keys/revoke": Who.OPERATOR,
    "GET /api/registration-policy": Who.OPERATOR,
    "POST /api/registration-policy": Who.OPERATOR,
    "GET /api/red-lines": Who.ANYBODY,
    "POST /api/red-lines": Who.OPERATOR,
    "POST /api/red-lines/{line}/end": Who.OPERATOR,
    "GET /api/promises": Who.ANYBODY,
    "POST /api/promises": Who.OPERATOR,
    "GET /api/supports": Who.ANYBODY,
    "POST /api/supports": Who.OPERATOR,
    "POST /api/supports/{support}/end": Who.OPERATOR,
    "DELETE /api/statements/{statement}/text": Who.OPERATOR,
    "GET /api/choices": Who.PERSON,
    "POST /api/choices": Who.PERSON,
    "POST /api/choices/foreseen": Who.PERSON,
    "GET /api/where": Who.ANYBODY,
    "POST /api/keeping": Who.OPERATOR,
    "GET /api/place-rules": Who.PERSON,
    "POST /api/place-rules": Who.PERSON,
    "POST /api/place-rules/foreseen": Who.PERSON,
    "POST /api/place-rules/{rule}/end": Who.PERSON,
    "GET /api/grounds": Who.PAGE,
    "POST /api/grounds": Who.OPERATOR,
    "POST /api/grounds/{ground}/review": Who.OPERATOR,
    "POST /api/grounds/{ground}/end": Who.OPERATOR,
    "GET /api/laws": Who.ANYBODY,
    "GET /api/rules": Who.ANYBODY,
    "GET /api/functions": Who.ANYBODY,
    "GET /api/rules/schema": Who.ANYBODY,
    "POST /api/rules": Who.OPERATOR,
    "POST /api/rules/look": Who.OPERATOR,
    "GET /api/emergencies": Who.PAGE,
    "POST /api/emergencies": Who.OPERATOR,
    "POST /api/emergencies/statements": Who.SIGNED,
    "GET /api/emergencies/{emergency}": Who.ANYBODY,  # whoever knows its name, which is random
    "POST /api/emergencies/{emergency}/confirm": Who.OPERATOR,
    "GET /api/news": Who.ANYBODY,
    "GET /api/told": Who.PERSON,
    "POST /api/told/feeds": Who.PERSON,
    "POST /api/told/feeds/{feed}/end": Who.PERSON,
    "POST /api/told/mail": Who.PERSON,
    "POST /api/told/mail/end": Who.PERSON,
    "POST /api/mail/confirm": Who.SPENDS,
    "POST /api/mail/stop": Who.SPENDS,
    "GET /api/authorities/totals": Who.ANYBODY,
    "GET /api/authorities/laws": Who.ANYBODY,
    "GET /api/authorities/requests": Who.OPERATOR,
    "POST /api/authorities/requests": Who.OPERATOR,
    "POST /api/authorities/requests/{demand}/decision": Who.OPERATOR,
    "POST /api/authorities/requests/{demand}/order": Who.OPERATOR,
    "POST /api/authorities/requests/{demand}/about": Who.OPERATOR,
    "POST /api/authorities/requests/{demand}/end": Who.OPERATOR,
    "GET /api/home": Who.HOME,
    "POST /api/home/leave": Who.PERSON,
    "POST /api/home/remove": Who.PERSON,
    "GET /api/objections": Who.PERSON,
    "POST /api/objections": Who.PERSON,
    "GET /api/children": Who.PERSON,
    "POST /api/children/{person}/choices": Who.PERSON,
    "POST /api/children/{person}/objections": Who.PERSON,
    "POST /api/people/{person}/guardians": Who.OPERATOR,
    "GET /api/ages": Who.ANYBODY,
    "GET /api/signs": Who.OPERATOR,
    "POST /api/signs": Who.OPERATOR,
    "GET /api/signs/{sign}": Who.ANYBODY,
    "POST /api/signs/{sign}/end": Who.OPERATOR,
    "GET /api/signs/{sign}/codes": Who.OPERATOR,
    "POST /api/signs/{sign}/objections": Who.SPENDS,
    "POST /api/signs/{sign}/objections/said": Who.SPENDS,
    "POST /api/signs/{sign}/objections/end": Who.SPENDS,
    "GET /api/maker": Who.MAKER,
    "GET /api/audit": Who.AUTHORITY,
    "POST /api/doors": Who.OPERATOR,
    "GET /api/key": Who.PERSON,
    "POST /api/key/own": Who.PERSON,
    "POST /api/key/open": Who.PERSON,
    "POST /api/key/close": Who.PERSON,
    "POST /api/key/back": Who.PERSON,
    "POST /api/key/stop": Who.PERSON,
    "POST /api/key/passkeys/end": Who.PERSON,
    "POST /api/key/beside": Who.PERSON,
    "POST /api/key/beside/answer": Who.PERSON,
    "GET /api/private": Who.PERSON,
    "POST /api/private": Who.PERSON,
    "POST /api/private/{restriction}/end": Who.PERSON,
    "POST /api/people/{person}/move-in": Who.OPERATOR,
    "POST /api/people/{person}/move-out": Who.OPERATOR,
    "GET /api/erasure": Who.PERSON,
    "POST /api/erasure": Who.PERSON,
    "GET /api/book": Who.PERSON,
    "GET /api/book/proofs/{place}": Who.PERSON,
    "GET /api/book/statements": Who.PERSON,
    "GET /api/book/statements/{statement}/proof": Who.PERSON,
    "GET /api/export": Who.PERSON,
    "POST /api/export": Who.PERSON,
    "DELETE /api/export": Who.PERSON,
    "GET /api/export/archive": Who.PERSON,
    "GET /api/proofs/{number}": Who.GATED,
    "POST /api/joinings": Who.OPERATOR,
    "POST /api/claim": Who.SPENDS,
    "POST /api/enter": Who.SPENDS,
    "POST /api/leave": Who.LEAVES,
    "POST /api/sign-in": Who.SPENDS,
    "GET /api/visits": Who.VISITOR,
    "DELETE /api/visits": Who.LEAVES,
    "DELETE /api/visits/{visit}": Who.VISITOR,
    "POST /api/certificate": Who.SPENDS,
    "GET /api/certificates": Who.OPERATOR,
    "POST /api/certificate/challenge": Who.ANYBODY,
    "POST /api/certificate/renew": Who.SIGNED,
    "GET /metrics": Who.PAGE,
}
