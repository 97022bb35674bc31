"""The files of tests that take longest, the longest first: nothing of `./test` is to wait for one of them at its end.

Measured with `pytest --durations=0`; what counts is the order, roughly. A file that is not here comes behind them.
"""

from typing import Final

__all__ = ["LONGEST_FIRST"]

LONGEST_FIRST: Final = (
    "journeys/test_starting.py",
    "hostile/test_every_route.py",
    "journeys/test_loss.py",
    "faults/test_kill.py",
    "faults/test_overload.py",
    "journeys/test_views.py",
    "journeys/test_certificates.py",
    "journeys/test_bridge.py",
    "properties/test_small_groups_hold.py",
    "journeys/test_harbour.py",
    "journeys/test_small_groups.py",
    "journeys/test_figures_for_anybody.py",
    "journeys/test_witnessed_nodes.py",
    "journeys/test_witness_program.py",
    "journeys/test_mqtt_lasting.py",
    "faults/test_log_kill.py",
    "faults/test_making_away.py",
    "properties/test_presence.py",
    "journeys/test_mqtt_malformed.py",
    "journeys/test_csv_ingest.py",
    "journeys/test_start_page.py",
    "journeys/test_tls.py",
    "journeys/test_replay.py",
    "journeys/test_mqtt_misbehaves.py",
    "journeys/test_mqtt_delivers.py",
    "journeys/test_csv_reading.py",
    "journeys/test_mqtt_endings.py",
    "journeys/test_thing_client.py",
    "journeys/test_keys_cli.py",
    "journeys/test_living_together.py",
    "journeys/test_mail.py",
)
