"""The fleet summary as JSON."""

from typing import TextIO

from ikelog import __version__
from ikelog.batch.fleet import Fleet
from ikelog.reporting.json_report import encoded_text

SCHEMA_VERSION = 1


def render(fleet: Fleet, out: TextIO) -> None:
    """Write the summary as one JSON object."""
    whole = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "ikelog", "version": __version__},
        "store": fleet.store,
        "totals": fleet.totals,
        "failing": fleet.failing,
        "causes": fleet.causes,
        "devices": fleet.devices,
        "skipped": fleet.skipped,
    }
    out.write(encoded_text(whole, out) + "\n")
