"""The doors of one node, given their journeys: HTTP (pages, JSON, SensorThings, the log) and MQTT.

Rules
- A door gets journeys and values, never a store.
- What is asked of every request before any route stands in `http_doors`.
"""

import asyncio
import hashlib
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from troth.api import log, sensorthings
from troth.api.altered import altered_routes
from troth.api.authorities import authority_routes
from troth.api.beside import beside_routes
from troth.api.book import book_routes
from troth.api.bring import bring_routes
from troth.api.callers import Callers
from troth.api.certificates import certificate_routes
from troth.api.children import child_routes
from troth.api.choices import choice_routes
from troth.api.contacts import contact_routes
from troth.api.corrections import correction_routes
from troth.api.descriptions import description_routes
from troth.api.desks import desk_routes
from troth.api.emergencies import emergency_routes
from troth.api.entering import entering_routes
from troth.api.erasures import erasure_routes
from troth.api.events import event_routes
from troth.api.export import archive_response, export_routes
from troth.api.exported import Everything
from troth.api.exported_home import Homes
from troth.api.foreseen import foreseen_routes
from troth.api.functions import function_routes
from troth.api.gateways import gateway_routes
from troth.api.grounds import ground_routes
from troth.api.home import home_routes
from troth.api.home_things import home_thing_routes
from troth.api.installers import installer_routes
from troth.api.joinings import joining_routes
from troth.api.keys import key_routes
from troth.api.linting import linting_routes
from troth.api.many import many_routes
from troth.api.marks import mark_routes
from troth.api.metrics import metrics_routes
from troth.api.objections import objection_routes
from troth.api.operate import Addresses, operate_routes
from troth.api.order_events import order_event_routes
from troth.api.own_keys import own_key_routes
from troth.api.parties import party_routes
from troth.api.places import place_routes
from troth.api.pledges import pledge_routes
from troth.api.private import private_routes
from troth.api.proofs import proof_routes
from troth.api.recipient import recipient_routes
from troth.api.rights import rights_routes
from troth.api.rules import rule_routes
from troth.api.scrapi import scrapi_routes
from troth.api.shares import share_routes
from troth.api.signs import sign_routes
from troth.api.street import street_routes
from troth.api.telling import telling_routes
from troth.api.types import type_routes
from troth.api.wards import ward_routes
from troth.api.withholdings import withholding_routes
from troth.api.wot import wot_routes
from troth.app.arriving import HSTS, Arriving, networks
from troth.app.budgets import Budgets
from troth.app.hosts import Hosts, names_of
from troth.app.http_doors import HttpDoors
from troth.app.node import Node
from troth.ingest.http import HttpIngest
from troth.ingest.mqtt import CONNECTIONS_MAX, Endpoint
from troth.ingest.rates import Rates
from troth.journeys.begin import REPEATS
from troth.journeys.desks import Desks
from troth.journeys.enrol import Unfit
from troth.names import StreamId
from troth.settings import Https, Settings
from troth.web.deployment import Deployment
from troth.web.failures import Failures
from troth.web.pages import page_routes
from troth.web.shell import Shell

__all__ = ["http_doors", "mqtt_door", "turned_away"]

_REPEATS: Final = b"troth/repeat-keys/v1"


def http_doors(node: Node) -> HttpDoors:
    """The ASGI application of a started node."""
    settings, ports = node.settings, node.ports
    url = settings.url
    callers = Callers(node.recognise, url=url)
    addresses = Addresses(url, settings.mqtt_url, settings.mqtts_url)
    ingest = HttpIngest(
        node.hear,
        node.recognise,
        presence=node.presence,
        slugs=ports.accounts.slugs,
        url=url,
        clock=ports.clock,
        secret=repeat_secret(node),
        entropy=ports.entropy,
        rates=_rates(node),
    )
    budgets = Budgets(ports.clock, node.recognise, ms_per_s=settings.caller_ms_per_s)
    readers = sensorthings.SensorThings(node.tell, node.recognise, url=url, entropy=ports.entropy, toll=budgets.toll)
    desks = Desks(node.directory, ports.journal, index_of=node.record.index_of, pause=ports.pause)
    shell = Shell(ports.clock, short=lambda: node.room.short)
    routes = [
        *sensorthings.routes(readers),
        *event_routes(node.tell, node.recognise, callers=callers, url=url),
        *wot_routes(node.tell, node.recognise, url=url),
        *log.routes(node.witnesses.cosigned.read),
        *scrapi_routes(node.register, node.receipts, url=url),
        *operate_routes(node.join, node.oversee, recognise=node.recognise, callers=callers, addresses=addresses),
        *entering_routes(node.recognise, node.entering.sign_in, node.entering.visits, callers=callers),
        *party_routes(node.joining.parties, callers=callers, url=url),
        *desk_routes(desks, node.joining.parties, callers=callers, url=url),
        *certificate_routes(
            node.joining.enrol, node.joining.alter, seen=node.oversee, callers=callers, addresses=addresses
        ),
        *type_routes(node.joining.inherit, node.join, callers=callers, addresses=addresses),
        *altered_routes(node.joining.alter, callers=callers, addresses=addresses),
        *gateway_routes(node.joining.gateways, callers=callers),
        *many_routes(node.joining.many, callers=callers),
        *joining_routes(node.joining.connect, ports.in_worker, callers=callers, addresses=addresses),
        *description_routes(ports.in_worker, callers=callers),
        *pledge_routes(node.pledge, node.forget, callers=callers),
        *ground_routes(node.grounding.grounds, node.grounding.contracts, callers=callers),
        *function_routes(node.grounding.functions, callers=callers),
        *rule_routes(node.grounding.policies, callers=callers),
        *emergency_routes(node.grounding.emergencies, callers=callers),
        *objection_routes(node.grounding.object, callers=callers),
        *sign_routes(node.grounding.signs, callers=callers, url=url),
        *key_routes(node.rekey, callers=callers),
        *choice_routes(node.choose, callers=callers),
        *own_key_routes(node.choosing.own_keys, node.choosing.beside, callers=callers),
        *beside_routes(node.choosing.beside, node.choose, callers=callers),
        *foreseen_routes(node.choose, node.places, node.foresee, callers=callers),
        *place_routes(node.places, callers=callers),
        *child_routes(
            node.grounding.guard, node.wards, node.places, callers=callers, stream_of=node.directory.by_number.get
        ),
        *ward_routes(
            node.wards,
            node.exports,
            _everything(node),
            callers=callers,
            now=ports.clock.now,
            stream_of=node.directory.by_number.get,
            number_of=_number_of(node),
        ),
        *home_routes(node.choosing.belong, node.join, callers=callers, now=ports.clock.now),
        *home_thing_routes(node.joining.home_things, callers=callers, addresses=addresses),
        *installer_routes(
            node.joining.installers,
            node.joining.installer_desk,
            node.joining.install_many,
            callers=callers,
            addresses=addresses,
        ),
        *private_routes(
            node.choosing.privately,
            callers=callers,
            now=ports.clock.now,
            stream_of=node.directory.by_number.get,
            number_of=_number_of(node),
        ),
        *telling_routes(
            node.grounding.tellings.news,
            node.grounding.tellings.feeds,
            node.grounding.tellings.mailing,
            callers=callers,
            url=url,
        ),
        *linting_routes(node.grounding.tellings.lint, callers=callers),
        *contact_routes(node.grounding.tellings.contacts, node.grounding.tellings.feeds, callers=callers, url=url),
        *authority_routes(
            node.grounding.tellings.authorities,
            callers=callers,
            stream_of=node.directory.by_number.get,
            number_of=_number_of(node),
        ),
        *mark_routes(node.choosing.marks, callers=callers, stream_of=node.directory.by_number.get),
        *correction_routes(node.sharing.correct, callers=callers),
        *rights_routes(node.choosing.rights, callers=callers),
        *share_routes(
            node.sharing.share,
            node.sharing.orders,
            node.sharing.stale,
            callers=callers,
            stream_of=node.directory.by_number.get,
        ),
        *bring_routes(node.sharing.bring, callers=callers, stream_of=node.directory.by_number.get, url=url),
        *order_event_routes(node.sharing.orders, node.recognise, callers=callers),
        *recipient_routes(node.sharing.recipient, node.sharing.orders, node.sharing.stale, callers=callers),
        *withholding_routes(node.sharing.withhold, callers=callers),
        *erasure_routes(node.erase, node.preserve, callers=callers, number_of=_number_of(node)),
        *proof_routes(node.prove, callers=callers),
        *book_routes(node.book, callers=callers),
        *export_routes(node.exports, _everything(node), callers=callers),
        *metrics_routes(node.measure, callers=callers),
        *street_routes(node.street, callers=callers),
        *page_routes(_deployment(node, desks), shell),
    ]
    return HttpDoors(
        ingest,
        routes,
        failures=Failures(shell, ports.entropy),
        hosts=Hosts(names_of(settings)),
        arriving=_arriving(settings),
        budgets=budgets,
    )


def _arriving(settings: Settings) -> Arriving:
    """How requests may come. Browsers keep to TLS where they trust the certificate anyway: not with one of our own."""
    proxies = networks(settings.trusted_proxies)
    at_https = settings.url.startswith("https:")
    trusted = at_https and (bool(proxies) or settings.https is Https.GIVEN)
    return Arriving(proxies, at_https=at_https, more=(HSTS,) if trusted else ())


def mqtt_door(node: Node, *, connections_max: int = CONNECTIONS_MAX) -> Endpoint:
    """The protocol factory for MQTT connections of a started node."""
    diagnostics = structlog.get_logger("troth.mqtt")
    return Endpoint(
        node.hear,
        node.tell,
        recognise=node.recognise,
        presence=node.presence,
        slugs=node.ports.accounts.slugs,
        secret=repeat_secret(node),
        entropy=node.ports.entropy,
        later=asyncio.get_running_loop().call_later,
        diagnose=diagnostics.info,
        turned_away=partial(turned_away, node),
        connections_max=connections_max,
        rates=_rates(node),
        lasting=node.lasting,
    )


def _rates(node: Node) -> Rates:
    """What each thing may send at one door."""
    settings = node.settings
    return Rates(
        node.ports.clock,
        messages_per_s=settings.thing_messages_per_s,
        bytes_per_s=settings.thing_kib_per_s * 1024,
    )


def turned_away(node: Node, reason: Unfit) -> None:
    """Somebody came over TLS with a certificate that does not hold: counted, and told to whoever runs this node."""
    node.measure.not_let_in[reason] += 1
    structlog.get_logger("troth.mqtt").info(f"TLS: a client was not let in ({reason})")


def repeat_secret(node: Node) -> bytes:
    """The secret of repeat keys: the same after a restart and whatever key rotates, known to nobody without its own key."""
    return hashlib.sha256(_REPEATS + node.keyring.signer(REPEATS).sign(_REPEATS)).digest()


def _number_of(node: Node) -> Callable[[StreamId], int | None]:
    def number_of(stream: StreamId) -> int | None:
        known = node.directory.streams.get(stream)
        return None if known is None else known.number

    return number_of


def _everything(node: Node) -> Everything:
    return Everything(
        tell=node.tell,
        belong=node.choosing.belong,
        homes=Homes(
            node.grounding.grounds,
            node.grounding.contracts,
            node.grounding.emergencies,
            node.grounding.tellings.news,
            node.joining.installers,
            _number_of(node),
        ),
        choose=node.choose,
        places=node.places,
        privately=node.choosing.privately,
        object=node.grounding.object,
        rights=node.choosing.rights,
        marks=node.choosing.marks,
        oversee=node.oversee,
        erase=node.erase,
        book=node.book,
        visits=node.entering.visits,
        sign_in=node.entering.sign_in,
        clock=node.ports.clock,
        in_worker=node.ports.in_worker,
        number_of=_number_of(node),
        url=node.settings.url,
    )


def _deployment(node: Node, desks: Desks) -> Deployment:
    def stream_of(number: int) -> StreamId | None:
        return node.directory.by_number.get(number)

    return Deployment(
        url=node.settings.url,
        origin=node.origin,
        tick_s=node.settings.segment_tick_s,
        clock=node.ports.clock,
        explain=node.explain,
        figures=node.figures,
        why=node.why,
        choose=node.choose,
        own_keys=node.choosing.own_keys,
        beside=node.choosing.beside,
        desks=desks,
        places=node.places,
        foresee=node.foresee,
        belong=node.choosing.belong,
        privately=node.choosing.privately,
        share=node.sharing.share,
        bring=node.sharing.bring,
        orders=node.sharing.orders,
        correct=node.sharing.correct,
        stale=node.sharing.stale,
        recipient=node.sharing.recipient,
        object=node.grounding.object,
        signs=node.grounding.signs,
        guard=node.grounding.guard,
        wards=node.wards,
        grounds=node.grounding.grounds,
        contracts=node.grounding.contracts,
        policies=node.grounding.policies,
        functions=node.grounding.functions,
        emergencies=node.grounding.emergencies,
        news=node.grounding.tellings.news,
        feeds=node.grounding.tellings.feeds,
        mailing=node.grounding.tellings.mailing,
        authorities=node.grounding.tellings.authorities,
        contacts=node.grounding.tellings.contacts,
        erase=node.erase,
        exports=node.exports,
        marks=node.choosing.marks,
        rights=node.choosing.rights,
        everything=_everything(node).of,
        of_child=_everything(node).of_child,
        archive=partial(archive_response, node.exports),
        prove=node.prove,
        book=node.book,
        recognise=node.recognise,
        sign_in=node.entering.sign_in,
        visits=node.entering.visits,
        passkeys=node.entering.passkeys,
        parties=node.joining.parties,
        street=node.street,
        log=node.record.sequencer,
        connect=node.joining.connect,
        alter=node.joining.alter,
        home_things=node.joining.home_things,
        installers=node.joining.installers,
        installer_desk=node.joining.installer_desk,
        types=node.joining.inherit,
        away=node.ports.in_worker,
        stream_of=stream_of,
        things=node.oversee.page,
        witnesses=node.witnesses.standing,
    )
