"""The check as annotations of GitHub Actions: workflow commands that put each problem next to its line."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TextIO

from ikelog.check.paths import repository_path
from ikelog.check.problems import Problem, problems, told_once
from ikelog.check.types import Checked
from ikelog.diagnosis.types import Severity
from ikelog.reporting.evidence_lines import evidence_lines
from ikelog.reporting.markup import shortened
from ikelog.reporting.safe import visible

# GitHub keeps so many annotations of each kind from a step, and silently drops the others.
LIMIT = 10
# An annotation holds 64 KB, and is read in a box of a few lines.
_EVIDENCE = 6
_LONGEST = 4_000
_LONGEST_TITLE = 250

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def render(checked: Checked, out: TextIO) -> None:
    """Write a command a line; where there are too many of a kind, the last one tells how many more there are."""
    for severity, group in groupby(told_once(problems(checked)), lambda problem: problem.severity):
        out.writelines(f"{line}\n" for line in _annotations(_COMMANDS[severity], list(group)))


def _annotations(command: str, found: Sequence[Problem]) -> Iterator[str]:
    shown = found if len(found) <= LIMIT else found[: LIMIT - 1]
    for problem in shown:
        yield f"::{command} {_properties(problem)}::{_escaped(_message(problem))}"
    if len(shown) < len(found):
        rest = f"{len(found) - len(shown)} more: GitHub shows {LIMIT} of a kind; the job summary or the report has all."
        yield f"::{command} title=ikelog::{_escaped(rest)}"


def _properties(problem: Problem) -> str:
    place = problem.place
    where = [("file", repository_path(place.source)), ("line", place.line), ("endLine", place.end_line)]
    name = f" {problem.finding.name}" if problem.finding else ""
    times = f" ({problem.times} times)" if problem.times > 1 else ""
    title = shortened(f"{problem.code}{name}: {problem.title}{times}", _LONGEST_TITLE)
    values = [*where, ("title", title)]
    # a comma or a colon would end the property
    return ",".join(
        f"{key}={_escaped(visible(str(value))).replace(':', '%3A').replace(',', '%2C')}" for key, value in values
    )


def _message(problem: Problem) -> str:
    lines = [visible(problem.text), *evidence_lines(problem.evidence, _EVIDENCE)]
    for fix in problem.finding.fix if problem.finding else ():
        lines.append(f"Fix ({fix.platform}):")
        lines += [f"  {visible(text)}" for text in (*fix.commands, fix.why) if text]
    return shortened("\n".join(lines), _LONGEST)


def _escaped(text: str) -> str:
    """Escape what a workflow command cannot hold, as the runner's own toolkit does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
