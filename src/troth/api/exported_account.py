"""How somebody comes in and where they live, for the archive of everything about them.

Source: docs/reference/export.md.
"""

from troth.api.exported_forms import AccountFile, HomeOwn, LinkOwn, PasskeyOwn, VisitOwn
from troth.journeys.belong import Together
from troth.journeys.sign_in import SignIn
from troth.journeys.visits import Visits
from troth.names import PersonId, print_household, print_person
from troth.wire.times import print_time

__all__ = ["account_for_guardian", "account_of"]


def account_of(visits: Visits, sign_in: SignIn, together: Together, person: PersonId, *, session: str) -> AccountFile:
    """What is known of whoever's session this is; who keeps their keys is said by their book.

    Raises:
        WrongToken: the session has ended.
    """
    standing = visits.of(session)
    login, failed = sign_in.login(standing.holder), sign_in.failed(standing.holder)
    passkeys = () if login is None else login.passkeys
    return AccountFile(
        print_person(person),
        together.name,
        "",
        _homes(together),
        together.left,
        tuple(
            VisitOwn(
                each.id,
                each.this,
                None if each.way is None else str(each.way),
                each.browser,
                _time(each.made_ns),
                _time(each.used_ns),
                _time(each.until_ns),
            )
            for each in standing.visits
        ),
        tuple(
            LinkOwn(_time(each.made_ns), _time(each.used_ns), _time(each.until_ns), each.browser)
            for each in standing.links
        ),
        tuple(
            PasskeyOwn(each.name, each.credential.hex(), print_time(each.made_ns), _time(each.used_ns))
            for each in passkeys
        ),
        sign_in_name="" if login is None else login.name,
        has_password=login is not None and bool(login.password),
        changed=None if login is None else _time(login.changed_ns),
        failed_tries=failed.failed,
        last_failed=_time(failed.at_ns) if failed.failed else None,
        removed=together.removed,
        over=together.over,
    )


def account_for_guardian(together: Together, child: PersonId) -> AccountFile:
    """Who a child is and where it lives; how it comes in is its own."""
    homes, left = _homes(together), together.left
    return AccountFile(
        print_person(child), together.name, "", homes, left, (), (), (), removed=together.removed, over=together.over
    )


def _homes(together: Together) -> tuple[HomeOwn, ...]:
    return tuple(
        HomeOwn(print_household(home.household), home.name, each.role, print_time(each.from_ns), _time(each.to_ns))
        for home in together.homes
        for each in home.dwellers
        if each.you
    )


def _time(time_ns: int | None) -> str | None:
    return None if time_ns is None else print_time(time_ns)
