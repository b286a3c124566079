"""The pytest plugin: `ikelog_report("capture.log")` analyses a log, and what it returns makes assertions about it.

Pytest loads it at every start, so that nothing of ikelog is imported before a test asks for a report.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from ikelog.check.asserted import AssertedReport
    from ikelog.pipeline import Options


class LogAnalysis(Protocol):
    """What the fixture is: a function of logs that returns a report with assertions.

    `logs` are paths, relative to the folder of the test, else to pytest's root. `text` is a log that a test has at
    hand, instead. `options` are those of `ikelog analyze`: `peer`, `device`, `tz`, `year`, `platform`, `select`,
    `ignore`, `audit`. Raises AssertionError where a log cannot be read or has no IKE or IPsec line in it, and
    ValueError where an option makes no sense.
    """

    def __call__(
        self, *logs: str | os.PathLike[str], text: str | bytes | None = None, **options: Any
    ) -> "AssertedReport":
        """Analyse the logs."""


@pytest.fixture
def ikelog_report(request: pytest.FixtureRequest) -> LogAnalysis:
    """Analyse captured IKE logs: `ikelog_report("capture.log").established(peer="203.0.113.1")`."""
    folders = (request.path.parent, request.config.rootpath)

    def analyse(*logs: str | os.PathLike[str], text: str | bytes | None = None, **options: Any) -> "AssertedReport":
        __tracebackhide__ = True
        from ikelog.check.asserted import read_asserted

        return read_asserted([_found(log, folders) for log in logs], text, _wanted(options))

    return analyse


def _wanted(options: dict[str, Any]) -> "Options":
    """Return the pipeline's options, as the command line makes them."""
    from click import UsageError

    from ikelog.cli.options import pipeline_options

    given: dict[str, Any] = {
        name: (value,) if name in ("select", "ignore") and isinstance(value, str) else value
        for name, value in options.items()
    }
    try:
        wanted: Options = pipeline_options(**given)
    except UsageError as error:
        raise ValueError(error.message) from None
    return wanted


def _found(log: str | os.PathLike[str], folders: tuple[Path, ...]) -> str:
    """Return the path of a log in the first folder that holds it, short where that is possible; else as it is named."""
    path = next((path for folder in folders if (path := folder / log).exists()), Path(log))
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
