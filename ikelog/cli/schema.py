"""`ikelog schema`: the JSON Schema of the report."""

import click

from ikelog.cli import options
from ikelog.cli.output import writing


@click.command("schema")
@options.output
def command(output: str | None) -> int:
    """Print the JSON Schema of `ikelog analyze --format json`."""
    from ikelog.reporting import json_report

    with writing(output) as out:
        out.write(json_report.schema())
    return 0
