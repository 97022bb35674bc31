"""The command line: read arguments, ask the node over HTTP or the verifier, print.

Rules
- A command exists here when it works; each has a heading in docs/reference/cli.md.
- Everything that asks a node is an HTTP client of it like any other; only `up`, `verify`, `store` and `witness` run something
  in this process.
- A further command is a module beside these and one line below.

Source: runtime.md; house.md.
"""

import click

from troth import __version__
from troth.cli.altering import thing_end, thing_move, thing_rename, thing_replace, thing_revoke
from troth.cli.auditing import audit
from troth.cli.authority import authority
from troth.cli.book import book
from troth.cli.bridge import bridge
from troth.cli.bringing import party_brought, party_refuse
from troth.cli.bulk import thing_bulk
from troth.cli.certificate import certificate
from troth.cli.checking import log, proof, status, verify
from troth.cli.children import child, person_ages, person_guard
from troth.cli.choose import choose, enter, leave
from troth.cli.coming_in import operate, sign_in, visit
from troth.cli.contacts import organisation_due, organisation_feed, organisation_feed_end, organisation_reached
from troth.cli.contracts import contract
from troth.cli.corrected import party_corrections
from troth.cli.emergency import emergency
from troth.cli.erase import erase, person_erase, person_preserve, person_release
from troth.cli.export import export
from troth.cli.gateways import thing_gateway
from troth.cli.grounding import ground
from troth.cli.here import thing_here
from troth.cli.home import home, person_move_in, person_move_out
from troth.cli.home_things import home_connect, home_end, home_things
from troth.cli.install import install
from troth.cli.installer import firm_end, firm_invite, firm_list, firm_take_over, installer
from troth.cli.keys import key
from troth.cli.log_keeping import log_mirror, log_restore, log_succeed
from troth.cli.objecting import object_
from troth.cli.own_key import my_key
from troth.cli.placing import keeping, place_rule, where
from troth.cli.pledging import forget, promise, red_line, support
from troth.cli.policy import policy
from troth.cli.private import private
from troth.cli.registering import disclosure, household, organisation, party, person, product
from troth.cli.replay import replay
from troth.cli.rights import mark, request, right
from troth.cli.sharing import share
from troth.cli.signing_places import sign
from troth.cli.speaking import SpeakingGroup
from troth.cli.store import store
from troth.cli.telling import news
from troth.cli.thing import thing
from troth.cli.trusting import trust
from troth.cli.types import type_
from troth.cli.up import up
from troth.cli.withholding import party_orders, party_unused, withhold
from troth.cli.witness import witness

__all__ = ["main"]


@click.group(cls=SpeakingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="troth")
def main() -> None:
    """Connected things that keep their promises. Check them.

    \b
    Start:         troth up
    Try it:        troth thing here
    A thing joins: troth thing add "Kitchen thermometer" --stream temperature
    You choose:    troth enter LINK, then troth choose list
    You check:     troth proof ID, then troth verify FILE --trust KEY
    """  # noqa: D301 - the control character tells click to keep the lines


main.add_part("Run a node", up, operate, status, key, certificate)
main.add_part(
    "Say who and what there is",
    organisation,
    keeping,
    household,
    person,
    product,
    disclosure,
    type_,
    party,
    installer,
    install,
    thing,
    replay,
    bridge,
)
thing.add_command(thing_here)
for each in (organisation_due, organisation_reached, organisation_feed, organisation_feed_end):
    organisation.add_command(each)
for each in (thing_bulk, thing_rename, thing_replace, thing_revoke, thing_move, thing_gateway, thing_end):
    thing.add_command(each)
for each in (home_things, home_connect, home_end, firm_list, firm_invite, firm_end, firm_take_over):
    home.add_command(each)
for each in (party_orders, party_unused, party_corrections, party_brought, party_refuse):
    party.add_command(each)
log.add_command(log_mirror)
log.add_command(log_restore)
log.add_command(log_succeed)
main.add_part(
    "Give your word",
    red_line,
    promise,
    support,
    policy,
    ground,
    contract,
    sign,
    emergency,
    authority,
    request,
    withhold,
    forget,
)
for each in (person_erase, person_preserve, person_release, person_move_in, person_move_out, person_guard, person_ages):
    person.add_command(each)
main.add_part(
    "Choose",
    enter,
    sign_in,
    visit,
    leave,
    choose,
    child,
    my_key,
    object_,
    private,
    share,
    place_rule,
    home,
    where,
    news,
    book,
    export,
    mark,
    right,
    erase,
)
main.add_part("Check", proof, verify, audit, trust, log, store, witness)
