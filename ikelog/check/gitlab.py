"""The check as GitLab's Code Quality report, which merge requests show: a JSON array of issues."""

from collections.abc import Iterable, Iterator
from typing import TextIO

from ikelog.check.fingerprints import fingerprints
from ikelog.check.paths import repository_path
from ikelog.check.problems import Problem, problems, told_once
from ikelog.check.types import Checked
from ikelog.diagnosis.types import Severity
from ikelog.reporting.json_report import encoded_text
from ikelog.reporting.safe import visible

_SEVERITIES: dict[Severity, str] = {"error": "critical", "warning": "minor", "info": "info"}


def render(checked: Checked, out: TextIO) -> None:
    """Write the issues, worst first; an empty array when there is none."""
    out.write(encoded_text(list(_issues(told_once(problems(checked)))), out) + "\n")


def _issues(found: Iterable[Problem]) -> Iterator[dict[str, object]]:
    for problem, fingerprint in fingerprints(found):
        yield {
            "description": visible(f"{problem.code}: {problem.text}"),
            "check_name": problem.code,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[problem.severity],
            "location": {
                "path": visible(repository_path(problem.place.source)),
                "lines": {"begin": problem.place.line, "end": problem.place.end_line},
            },
        }
