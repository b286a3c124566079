"""Turn the lines, the ids and the offsets of one analysis into those of the run."""

from collections.abc import Callable, Mapping
from typing import Any

from ikelog.diagnosis.types import Evidence, Finding
from ikelog.record import record, replaced

_LINES = ("line", "end_line", "first_line", "last_line")
_IDS = ("id", "rekeyed_from", "other_view")
_ID_LISTS = ("simultaneous_with", "same_request_as", "negotiations")


@record
class Numbering:
    """What the numbers of an analysis mean: a line's file and number in it, the run's id, the run's clock."""

    place: Callable[[int], tuple[str, int]]
    ids: Mapping[str, str]
    base_ms: int = 0


def renumbered(value: Any, numbering: Numbering) -> Any:
    """Return a part of a report, in JSON's own types, with the numbers of the run."""
    if isinstance(value, list):
        return [renumbered(item, numbering) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: renumbered(item, numbering) for key, item in value.items()}
    for key in _LINES:
        if found.get(key):
            name, found[key] = numbering.place(found[key])
            found |= {"source": name} if "source" in found and key in ("line", "first_line") else {}
    if found.get("offset_ms") is not None:
        found["offset_ms"] += numbering.base_ms
    if "spans" in found:
        found["spans"] = [span for one in value["spans"] for span in _spans(one, numbering)]
    found |= {key: _id(found[key], numbering) for key in _IDS if key in found}
    return found | {key: _ids(found[key], numbering) for key in _ID_LISTS if key in found}


def renumbered_finding(finding: Finding, name: str, numbering: Numbering) -> Finding:
    """Return a finding under its id of the run, with the ids and lines of the run."""
    about = tuple(found for one in finding.negotiations if (found := numbering.ids.get(one)) is not None)
    evidence = tuple(_evidence(one, numbering) for one in finding.evidence)
    return replaced(finding, id=name, negotiations=about, evidence=evidence)


def _evidence(evidence: Evidence, numbering: Numbering) -> Evidence:
    source, line = numbering.place(evidence.line)
    return Evidence(source, line, line + evidence.end_line - evidence.line, evidence.text)


def _spans(span: Mapping[str, Any], numbering: Numbering) -> list[dict[str, Any]]:
    """Return a span of lines as the spans of the files that it lies in."""
    first, last = span["first_line"], span["last_line"]
    found: list[dict[str, Any]] = []
    while first <= last:
        source, line = numbering.place(first)
        end = _last_in_file(first, last, source, line, numbering)
        found.append({"source": source, "first_line": line, "last_line": line + end - first})
        first = end + 1
    return found


def _last_in_file(first: int, last: int, source: str, line: int, numbering: Numbering) -> int:
    """Return the last line, up to `last`, that stands in the file of the line `first`."""
    while first < last:
        middle = (first + last + 1) // 2
        if numbering.place(middle) == (source, line + middle - first):
            line, first = line + middle - first, middle
        else:
            last = middle - 1
    return first


def _ids(names: list[str], numbering: Numbering) -> list[str]:
    return [found for name in names if (found := _id(name, numbering)) is not None]


def _id(name: str | None, numbering: Numbering) -> str | None:
    """Return the run's id of a negotiation, or of a Child SA: `N3.C1`."""
    if name is None:
        return None
    negotiation, dot, child = name.partition(".")
    found = numbering.ids.get(negotiation)
    return None if found is None else found + dot + child
