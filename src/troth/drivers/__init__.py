"""From a settings URL to the adapter it names; an adapter is imported only when it is chosen.

Rules
- Another scheme than the one that is known is a BadSetting.
- Nothing here keeps state; the caller closes what it opened.

Source: house.md, "Ports".
"""

from troth.drivers.certificates import TlsFolder, given_certificate, open_tls, pages_context, read_authority
from troth.drivers.keeping import (
    open_backup_keys,
    open_backup_making,
    open_backup_restoring,
    open_check,
    open_prepared,
    read_backup_keys,
)
from troth.drivers.logs import (
    Closing,
    LogPlace,
    WitnessPlace,
    newest_log,
    open_log,
    open_mirror,
    open_outside,
    open_tiles,
    open_witness,
    open_witness_door,
)
from troth.drivers.mail import ClosingMailer, open_mailer
from troth.drivers.paths import keys_folder
from troth.drivers.stores import (
    free_bytes,
    hold_folder,
    maker_away,
    open_accounts,
    open_conduct,
    open_journal,
    open_keys,
    open_ledgers,
    open_observations,
    open_sessions,
    wal_limit,
    wal_sizes,
)

__all__ = [
    "Closing",
    "ClosingMailer",
    "LogPlace",
    "TlsFolder",
    "WitnessPlace",
    "free_bytes",
    "given_certificate",
    "hold_folder",
    "keys_folder",
    "maker_away",
    "newest_log",
    "open_accounts",
    "open_backup_keys",
    "open_backup_making",
    "open_backup_restoring",
    "open_check",
    "open_conduct",
    "open_journal",
    "open_keys",
    "open_ledgers",
    "open_log",
    "open_mailer",
    "open_mirror",
    "open_observations",
    "open_outside",
    "open_prepared",
    "open_sessions",
    "open_tiles",
    "open_tls",
    "open_witness",
    "open_witness_door",
    "pages_context",
    "read_authority",
    "read_backup_keys",
    "wal_limit",
    "wal_sizes",
]
