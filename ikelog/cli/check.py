"""`ikelog check`: the CI gate."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ikelog.cli import options

F = TypeVar("F", bound=Callable[..., Any])

# Where each format is written, beside text for people; imported when it is asked for.
RENDERERS = {
    "json": "ikelog.check.json_result",
    "junit": "ikelog.check.junit",
    "sarif": "ikelog.check.sarif",
    "github": "ikelog.check.github",
    "gitlab": "ikelog.check.gitlab",
    "markdown": "ikelog.check.markdown",
}
# The formats that a file of their own can be asked for, beside what is printed: several come out of one run.
BESIDE = ("junit", "sarif", "markdown", "gitlab", "json")


def _outputs(command: F) -> F:
    for name in reversed(BESIDE):
        command = click.option(
            f"--{name}-output",
            type=click.Path(dir_okay=False),
            envvar=f"IKELOG_{name.upper()}_OUTPUT",
            metavar="FILE",
            help=f"Also write the result to this file as {name}.",
        )(command)
    return command


@click.command("check")
@options.files
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    default="error",
    show_default=True,
    envvar="IKELOG_FAIL_ON",
    help="The least severe finding that makes the exit status 1.",
)
@click.option("--profile", metavar="NAME", envvar="IKELOG_PROFILE", help="Hold all to this profile, such as baseline.")
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    envvar="IKELOG_BASELINE",
    help="Accept what this file knows.",
)
@click.option(
    "--write-baseline",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write all that counts now to this file, to be accepted from now on.",
)
@click.option(
    "--allow-unknown",
    is_flag=True,
    envvar="IKELOG_ALLOW_UNKNOWN",
    help="Expectations that a log cannot answer are met.",
)
@click.option("--exit-zero", is_flag=True, envvar="IKELOG_EXIT_ZERO", help="Exit with 0 whatever is found.")
@click.option("--init", is_flag=True, help="Write expectations that the logs, a good capture, meet: an ikelog.toml.")
@options.select
@options.ignore
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", *RENDERERS]),
    default="text",
    envvar="IKELOG_FORMAT",
    help="How to print the result.",
)
@click.option("--audit", is_flag=True, expose_value=False, hidden=True, help="Always so here.")
@options.output
@_outputs
@options.filters
@options.color
@click.option("-v", "--verbose", count=True, help="Show everything; -vv also tracebacks.")
@click.option("-q", "--quiet", is_flag=True, help="Only a line for each that counts, and the counts.")
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Check logs against a threshold, the expectations of ikelog.toml and a profile; the exit status tells.

    0: all is well. 1: a negotiation failed, a finding counts, or an expectation is not met. 2: something cannot be
    read. 3: a FILE has no IKE or IPsec line.
    """
    from ikelog.cli.checking import check_files
    from ikelog.cli.configuration import configuration

    return check_files(given, configuration(context))
