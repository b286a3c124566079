"""What changed as JSON, version 1 of its schema."""

import json
import re
from importlib.resources import files
from typing import Any, TextIO

from ikelog.correlation.types import Negotiation
from ikelog.diff.types import Change, Code, Diff, Edit, Pair, PeerDiff
from ikelog.report import Report

SCHEMA_VERSION = 1


def render(diff: Diff, out: TextIO) -> None:
    """Write what changed as one JSON object, in ASCII: nothing in it can do anything to a terminal."""
    text = json.dumps(as_json(diff), ensure_ascii=False, indent=2)
    out.write(re.sub("[^\n\x20-\x7e]", _escape, text) + "\n")


def schema() -> str:
    """Return the text of the JSON Schema (draft 2020-12)."""
    return files("ikelog.diff").joinpath("schema.json").read_text(encoding="utf-8")


def as_json(diff: Diff) -> dict[str, Any]:
    """Return a Diff as JSON's own types."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "ikelog", "version": diff.after.version},
        "changed": diff.changed,
        "tolerance": {"relative": diff.tolerance.relative, "floor_ms": diff.tolerance.floor_ms},
        "before": _capture(diff.before),
        "after": _capture(diff.after),
        "peers": [_peer(peer) for peer in diff.peers],
        "findings": {"gone": list(map(_code, diff.gone)), "come": list(map(_code, diff.come))},
        "summary": _summary(diff),
    }


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if "\ud800" <= char <= "\udfff":  # half a character, which no JSON may hold
        return "\\ufffd"
    return json.dumps(char)[1:-1] if char > "\x7f" else f"\\u{ord(char):04x}"


def _summary(diff: Diff) -> dict[str, int]:
    statuses = [peer.status for peer in diff.peers]
    trends = [peer.trend for peer in diff.peers]
    return {
        "peers": len(diff.peers),
        **{name: statuses.count(name) for name in ("changed", "unchanged", "only_before", "only_after")},
        "better": trends.count("better"),
        "worse": trends.count("worse"),
    }


def _capture(report: Report) -> dict[str, Any]:
    return {
        "sources": [source.name for source in report.sources],
        "ike_lines": sum(source.ike_lines for source in report.sources),
        "negotiations": len(report.negotiations),
    }


def _peer(peer: PeerDiff) -> dict[str, Any]:
    paired = len(peer.pairs)
    return {
        "peer": peer.peer,
        "device": peer.device,
        "status": peer.status,
        "trend": peer.trend,
        "negotiations": {"before": paired + len(peer.only_before), "after": paired + len(peer.only_after)},
        "pairs": [_pair(pair) for pair in peer.pairs],
        "only_before": list(map(_negotiation, peer.only_before)),
        "only_after": list(map(_negotiation, peer.only_after)),
        "findings": {"gone": list(map(_code, peer.gone)), "come": list(map(_code, peer.come))},
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "before": _negotiation(pair.before),
        "after": _negotiation(pair.after),
        "changes": [{**_change(change), "edits": list(map(_edit, change.edits))} for change in pair.changes],
        "told_by_one": list(map(_change, pair.untold)),
    }


def _negotiation(negotiation: Negotiation) -> dict[str, Any]:
    keys = ("id", "device", "role", "outcome", "verdict", "initiator_spi", "responder_spi", "started_at")
    first = negotiation.spans[0] if negotiation.spans else None
    place = {"source": first.source if first else None, "line": first.first_line if first else None}
    return {**{key: getattr(negotiation, key) for key in keys}, **place}


def _change(change: Change) -> dict[str, Any]:
    return {"aspect": change.aspect, "child_sa": change.child_sa, "before": change.before, "after": change.after}


def _edit(edit: Edit) -> dict[str, str]:
    return {"op": edit.op, "text": edit.text}


def _code(code: Code) -> dict[str, str]:
    return {"code": code.code, "name": code.name, "severity": code.severity, "title": code.title}
