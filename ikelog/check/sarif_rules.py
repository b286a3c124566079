"""The rules of the SARIF report: what each diagnosis and each expectation means, and what to do."""

from io import StringIO

from ikelog.check.problems import Problem
from ikelog.diagnosis.registry import rule
from ikelog.diagnosis.rule import Rule
from ikelog.diagnosis.types import Severity
from ikelog.reporting.manual import render_page
from ikelog.reporting.rule_pages import pages
from ikelog.reporting.safe import visible

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_TAGS = ["ipsec", "ike", "vpn"]
_EXPECTATION = (
    "The logs do not show what the configuration of ikelog check expects of them. The result says where the"
    " expectation is written, what it wants, and what was found. Change the devices, or the expectation where it is out"
    " of date."
)
_INPUT = "There was nothing to check: the log is empty, of another vendor's device, or could not be read."


def reporting_descriptor(problem: Problem) -> dict[str, object]:
    """Return the rule that a problem is a case of, with its help as text and as Markdown."""
    diagnosis = rule(problem.code)
    if diagnosis:
        return _diagnosis(diagnosis)
    text = _EXPECTATION if problem.where else _INPUT
    return _descriptor(visible(problem.code), visible(problem.title), text, "error", text, text)


def _diagnosis(diagnosis: Rule) -> dict[str, object]:
    page = StringIO()
    render_page(diagnosis, page, width=0)
    markdown = pages((diagnosis,))[f"{diagnosis.code}.md"]
    descriptor = _descriptor(
        diagnosis.code, diagnosis.title, diagnosis.meaning, LEVELS[diagnosis.severity], page.getvalue(), markdown
    )
    return {**descriptor, "name": diagnosis.name}


def _descriptor(id: str, title: str, meaning: str, level: str, help_text: str, markdown: str) -> dict[str, object]:
    # placeholders have no place in these: their braces are plain ones (section 3.12 has no arguments)
    return {
        "id": id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": meaning},
        "defaultConfiguration": {"level": level},
        "help": {"text": help_text, "markdown": markdown},
        "properties": {"tags": _TAGS, "precision": "high", "problem.severity": _SEVERITIES[level]},
    }


# GitHub's words for the levels of SARIF.
_SEVERITIES = {"error": "error", "warning": "warning", "note": "recommendation"}
