"""`ikelog watch`: follows a growing log."""

from typing import Any

import click

from ikelog.cli import options


@click.command("watch")
@click.argument("file", default="-", type=click.Path(), metavar="FILE|-")
@click.option("--new", "new_only", is_flag=True, help="Only what is logged from now on, not what the file holds.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line for each negotiation, for programs.")
@click.option(
    "--exec",
    "hook",
    metavar="CMD",
    help="Run this command for each line, with its JSON object on standard input; no shell.",
)
@click.option(
    "--exec-timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Stop the command then.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(["up", "failed", "closed", "unfinished"]),
    help="Only these; may be given several times.",
)
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How long nothing more must have come of a negotiation that is up or has failed.",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one that has not ended must have been quiet to be told so.",
)
@options.output
@options.filters
@options.select
@options.ignore
@options.audit
@options.color
@click.option("-v", "--verbose", count=True, help="All findings and all lines of evidence; -vv also tracebacks.")
@click.option("-q", "--quiet", is_flag=True, help="One line a negotiation, failed ones too.")
def command(file: str, **given: Any) -> int:
    """Follow a growing log, and tell of each negotiation as it comes up, fails or ends.

    FILE may be rotated or truncated meanwhile, or not be there yet; `-` is standard input, such as a pipe. Ctrl-C
    ends it: what is under way is told as it stands.
    """
    from ikelog.cli.watching import watch_file

    return watch_file(file, given)
