"""`ikelog diff`: what changed between two captures."""

import re
from typing import TYPE_CHECKING

import click

from ikelog.cli import options

if TYPE_CHECKING:
    from ikelog.diff.types import Tolerance

_UNITS = {"ms": 1, "s": 1000}


@click.command("diff")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="BEFORE AFTER")
@click.option("--before", multiple=True, type=click.Path(), metavar="PATH", help="One more log or folder of before.")
@click.option("--after", multiple=True, type=click.Path(), metavar="PATH", help="One more log or folder of after.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="How to print what changed.",
)
@options.output
@options.filters
@options.select
@options.ignore
@options.audit
@click.option(
    "--tolerance",
    default="20%",
    metavar="N%",
    show_default=True,
    help="Durations this close are alike, of the shorter,",
)
@click.option(
    "--floor", default="500ms", metavar="TIME", show_default=True, help="and so are those no further apart than this."
)
@click.option("--exit-code", is_flag=True, help="Exit with status 1 when something changed.")
@options.color
@click.option("-v", "--verbose", count=True, help="Unchanged peers too, and what only one log tells; -vv tracebacks.")
@click.option("-q", "--quiet", is_flag=True, help="Only the counts.")
def command(
    paths: tuple[str, ...],
    before: tuple[str, ...],
    after: tuple[str, ...],
    format_name: str,
    output: str | None,
    tolerance: str,
    floor: str,
    exit_code: bool,
    color: str,
    verbose: int,
    quiet: bool,
    **filters: object,
) -> int:
    """Compare two captures, logs or folders of logs: what changed with each peer.

    SPIs, times, ports, message IDs and connection ids are no change. `-` is standard input, for one of the two.
    """
    from ikelog.cli.comparison import Printing, diff_paths

    wanted = options.pipeline_options(**filters)  # type: ignore[arg-type]
    sides = _sides(paths, before, after)
    printing = Printing(format_name, output, color, verbose, quiet, exit_code)
    return diff_paths(*sides, wanted, _tolerance(tolerance, floor), printing)


def _sides(
    paths: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the paths of both sides; raises UsageError where one has none, or both read standard input."""
    if len(paths) not in ((0, 2) if before and after else (2,)):
        raise click.UsageError("name two logs or folders, BEFORE and AFTER; --before and --after add more to each")
    first, second = (*paths[:1], *before), (*paths[1:], *after)
    if "-" in first and "-" in second:
        raise click.UsageError("-: standard input can be only one of the two")
    return first, second


def _tolerance(share: str, floor: str) -> "Tolerance":
    from ikelog.diff.types import Tolerance

    percent = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)%", share.strip())
    if percent is None:
        raise click.UsageError(f"--tolerance {share}: write it as 20%")
    least = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?) ?(ms|s)", floor.strip())
    if least is None:
        raise click.UsageError(f"--floor {floor}: write it as 500ms or 2s")
    return Tolerance(float(percent[1]) / 100, round(float(least[1]) * _UNITS[least[2]]))
