"""The check as SARIF 2.1.0, for code scanning: a rule for each diagnosis or expectation, a result for each problem."""

import re
from collections.abc import Sequence
from typing import Any, TextIO

from ikelog.check.fingerprints import fingerprints
from ikelog.check.paths import relative_uri
from ikelog.check.problems import Place, Problem, not_recognised, problems, told_once
from ikelog.check.sarif_rules import LEVELS, reporting_descriptor
from ikelog.check.types import Checked
from ikelog.diagnosis.types import Evidence
from ikelog.reporting.json_report import encoded_text
from ikelog.reporting.markup import shortened
from ikelog.reporting.safe import visible

# GitHub's code scanning shows the worst 5,000 results of a run, and refuses a run of more than 25,000.
RESULTS = 5_000
# It shows a hundred places of a result; the lines that matter are the first.
_PLACES = 20
_LONGEST_SNIPPET = 2_000
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(checked: Checked, out: TextIO) -> None:
    """Write one run; results that are too many for code scanning are counted in a notification, the worst are kept."""
    found = told_once(problems(checked))
    shown = found[:RESULTS]
    codes = list(dict.fromkeys(problem.code for problem in shown))
    examples = {problem.code: problem for problem in reversed(shown)}
    driver = {
        "name": "ikelog",
        "version": checked.report.version,
        "semanticVersion": checked.report.version,
        "rules": [reporting_descriptor(examples[code]) for code in codes],
    }
    run: dict[str, object] = {
        "tool": {"driver": driver},
        "invocations": [_invocation(checked, len(found) - len(shown))],
        "columnKind": "unicodeCodePoints",
        # given by whoever reads it: the top of the checkout
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The top of the checkout."}}},
        "results": _results(shown, {code: index for index, code in enumerate(codes)}),
    }
    out.write(encoded_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, out) + "\n")


def _invocation(checked: Checked, more: int) -> dict[str, object]:
    unread = not_recognised(checked)
    notes = [_notification("error", f"No IKE or IPsec line recognised in {source.name}.") for source in unread]
    if more > 0:
        notes.append(_notification("warning", f"{more} more results are left out; these are the worst {RESULTS}."))
    if checked.accepted:
        notes.append(_notification("note", f"{checked.accepted} accepted by the baseline or an expectation."))
    return {
        # the check itself went well, whatever it found: else its logs could not be read
        "executionSuccessful": checked.status in (0, 1) and not checked.report.interrupted,
        "exitCode": checked.status,
        "toolExecutionNotifications": notes,
    }


def _notification(level: str, text: str) -> dict[str, object]:
    return {"level": level, "message": {"text": message_text(text)}}


def _results(found: Sequence[Problem], indexes: dict[str, int]) -> list[dict[str, object]]:
    return [_result(problem, fingerprint, indexes[problem.code]) for problem, fingerprint in fingerprints(found)]


def _result(problem: Problem, fingerprint: str, index: int) -> dict[str, object]:
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": index,
        "level": LEVELS[problem.severity],
        "message": {"text": message_text(problem.text)},
        "locations": [_location(problem.evidence[0] if problem.evidence else problem.place)],
        # GitHub goes by the first; computed by itself from the line of the log, it would be another in each capture
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:1", "ikelogProblem/v1": fingerprint},
        "occurrenceCount": problem.times,
        "properties": _properties(problem),
    }
    if len(problem.evidence) > 1:
        result["relatedLocations"] = [
            {"id": number, **_location(evidence), "message": {"text": message_text(_head(evidence))}}
            for number, evidence in enumerate(problem.evidence[:_PLACES], 1)
        ]
    return result


def _properties(problem: Problem) -> dict[str, object]:
    known: dict[str, object] = {"negotiations": [negotiation.id for negotiation in problem.negotiations]}
    peers = dict.fromkeys(n.remote.address for n in problem.negotiations if n.remote.address)
    known["peers"] = [visible(peer) for peer in peers]
    if problem.finding:
        known |= {"side": problem.finding.side, "certainty": problem.finding.certainty}
    return known


def _location(place: Evidence | Place) -> dict[str, object]:
    """Return a location: the lines, and what they hold where that is known."""
    region: dict[str, object] = {"startLine": place.line, "endLine": place.end_line}
    if isinstance(place, Evidence):
        lines = "\n".join(visible(line.rstrip("\r")) for line in place.text.split("\n"))
        region["snippet"] = {"text": shortened(lines, _LONGEST_SNIPPET)}
    file = {"uri": relative_uri(place.source), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": file, "region": region}}


def _head(evidence: Evidence) -> str:
    return shortened(evidence.text.partition("\n")[0].strip(), 200) or "(empty line)"


def message_text(text: str) -> str:
    """Return text as a SARIF message: braces doubled (section 3.11.5), and nothing that is a link (3.11.6)."""
    plain = visible(text).replace("{", "{{").replace("}", "}}")
    # backslashes in front would else undo the one that is put there
    return re.sub(r"(\\*)\]\(", r"\1\1\\](", plain)
