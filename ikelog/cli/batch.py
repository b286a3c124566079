"""`ikelog batch`: many logs at once, into a database."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ikelog.cli import options
from ikelog.cli.sizes import SIZE

F = TypeVar("F", bound=Callable[..., Any])

# What the flags for the limits of archives set (`ikelog.batch.limits`), and what each is for.
LIMITS = {
    "total": ("total_bytes", "Of all archives together, so many bytes are read at most, such as 4G."),
    "member": ("member_bytes", "Of one member of an archive, so many bytes are read at most."),
    "ratio": ("ratio", "What is compressed may become so many times as large."),
    "depth": ("depth", "Archives may lie so deep in one another."),
    "members": ("members", "Archives may have so many members."),
    "name-length": ("name_length", "Names in archives may have so many characters."),
}


def _limits(command: F) -> F:
    for name, (_, told) in reversed(LIMITS.items()):
        command = click.option(
            f"--max-{name}", type=SIZE, metavar="N", envvar=f"IKELOG_MAX_{name.upper().replace('-', '_')}", help=told
        )(command)
    return command


@click.command("batch")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")
@click.option(
    "-o",
    "--output",
    default="fleet.duckdb",
    show_default=True,
    metavar="STORE",
    help="A DuckDB file, or a folder or URL for a Parquet data set: what does not end in .duckdb or .db.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    envvar="IKELOG_FORMAT",
    help="How to print the summary.",
)
@click.option("--show", metavar="ID", help="Print all that the store has of this negotiation, and nothing else.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    envvar="IKELOG_WORKERS",
    help="Worker processes; one a core where it is not given.",
)
@click.option(
    "--cluster",
    metavar="URL",
    envvar="IKELOG_CLUSTER",
    help="Analyse on this Dask cluster, such as tcp://scheduler:8786, and not here.",
)
@click.option("--strict", is_flag=True, envvar="IKELOG_STRICT", help="Exit with 2 when anything was skipped.")
@_limits
@options.filters
@options.select
@options.ignore
@options.color
@click.option("-v", "--verbose", count=True, help="Show everything; -vv also tracebacks.")
@click.option("-q", "--quiet", is_flag=True, help="Only the counts and a line for each failing peer; no progress bar.")
def command(paths: tuple[str, ...], **given: Any) -> int:
    """Analyse bundles, folders and archives of logs into a database, and print which peers fail, how, since when.

    What the database has already is not analysed again; without a PATH only its summary is printed. Filters keep part
    of the summary; the database gets everything.
    """
    from ikelog.cli.batching import batch

    return batch(paths, given)


# A store knows its devices: the name is given to no log.
for _option in command.params:
    if isinstance(_option, click.Option) and _option.name == "device":
        _option.help = "Only what this device logged."
