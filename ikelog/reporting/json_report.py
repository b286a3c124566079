"""The report as JSON, version 1 of its schema."""

import json
import re
from collections.abc import Iterable
from typing import TextIO

from ikelog.correlation import types as sa
from ikelog.diagnosis import types as says
from ikelog.events.types import TrafficSelector
from ikelog.report import Report, Source, SourceClock, Summary
from ikelog.reporting.safe import BEYOND_C0
from ikelog.reporting.selectors import network

SCHEMA_VERSION = 1

# The encoder escapes C0 by itself. Outside strings the encoded text is ASCII, so that whatever matches is inside one.
_UNSAFE = re.compile(f"[{BEYOND_C0}]")
_NOT_ASCII = re.compile("[^\x00-\x7e]")

# What is printed of each type, and in which order. A field that is not named here stays inside.
KEYS: dict[type, tuple[str, ...]] = {
    kind: tuple(keys.split())
    for kind, keys in {
        Source: "name platform lines ike_lines unrecognised_lines encoding first_time last_time clock notes",
        SourceClock: "year zone marks",
        sa.Negotiation: (
            "id ike_version device role local remote vrf initiator_spi responder_spi connection_id mode vpn_style"
            " configuration outcome closed verdict spans started_at ended_at duration_ms authentication remote_access"
            " transforms proposals nat messages steps child_sas rekeyed_from simultaneous_with other_view"
            " same_request_as"
        ),
        sa.End: "address port port_after_float identity identity_type",
        sa.Vrf: "front inside",
        sa.Configuration: ("profile tunnel_group group_policy policy proposal keyring crypto_map sequence interface"),
        sa.Closed: "by reason line time",
        sa.Span: "source first_line last_line",
        sa.Authentication: "local remote",
        sa.RemoteAccess: "user assigned_address eap_method",
        sa.Transforms: "encryption key_bits integrity prf dh_group additional_key_exchanges lifetime_s",
        sa.Nat: "detected port_floated",
        sa.Message: (
            "n exchange step message_id direction response answers round_trip_ms source line end_line time offset_ms"
            " payloads notifies fragments repeats"
        ),
        sa.Fragments: "got of",
        sa.Repeat: "source line time offset_ms",
        sa.Step: "source line end_line time offset_ms kind text",
        sa.ChildSa: (
            "id protocol inbound_spi outbound_spi local_selectors remote_selectors mode transforms pfs_group lifetime_s"
            " lifetime_kb state verdict rekeyed_from message_id started_at ended_at line"
        ),
        says.Finding: (
            "id code name severity title negotiations side explanation certainty alternatives comparison fix"
            " references evidence"
        ),
        says.Alternative: "code why",
        says.Comparison: "own peer distance attributes",
        says.Attribute: "attribute local remote equal",
        says.Fix: "platform commands why",
        says.Evidence: "source line end_line text",
        Summary: (
            "negotiations established child_failed failed ike_only incomplete child_sas_failed errors warnings peers"
        ),
    }.items()
}


def render(report: Report, out: TextIO) -> None:
    """Write the report as one JSON object, part by part: the negotiations one by one, `summary` last."""
    unwritable = _UNSAFE if _is_unicode(out) else _NOT_ASCII
    tool = {"name": "ikelog", "version": report.version}
    out.write(f'{{\n  "schema_version": {SCHEMA_VERSION},\n  "tool": {_text(tool, 1, unwritable)},\n')
    _write_array(out, "sources", report.sources, unwritable)
    _write_array(out, "negotiations", report.negotiations, unwritable)
    _write_array(out, "findings", report.findings, unwritable)
    out.write(f'  "summary": {_text(report.summary, 1, unwritable)}\n}}\n')


def schema() -> str:
    """Return the text of the report's JSON Schema (draft 2020-12)."""
    from importlib.resources import files  # slow to import, and only `ikelog schema` needs it

    return files("ikelog.reporting").joinpath("schema.json").read_text(encoding="utf-8")


def encoded_line(value: object) -> str:
    """Return a value of JSON's own types on one line that any terminal may show and any encoding carry."""
    return _UNSAFE.sub(_escape, json.dumps(value, ensure_ascii=False))


def encoded_text(value: object, out: TextIO) -> str:
    """Return a value of JSON's own types on many lines, of nothing that `out` cannot carry or a terminal not show."""
    return _text(value, 0, _UNSAFE if _is_unicode(out) else _NOT_ASCII)


def plain(value: object) -> object:
    """Return `value` as JSON's own types: the contract's keys in the contract's order."""
    match value:
        case tuple():
            return [plain(item) for item in value]
        case sa.Offer():
            return _offer(value)
        case TrafficSelector():
            return _selector(value)
    kinds = type(value).__mro__  # correlation builds Negotiations of its own kinds
    keys = next((KEYS[kind] for kind in kinds if kind in KEYS), None)
    return value if keys is None else {key: plain(getattr(value, key)) for key in keys}


def _offer(offer: sa.Offer) -> dict[str, object]:
    proposal = offer.proposal
    return {
        "direction": offer.direction,
        "for": offer.purpose,
        "number": proposal.number,
        "protocol": proposal.protocol,
        "transforms": {name: list(names) for name, names in proposal.transforms().items()},
        "line": proposal.line,
    }


def _selector(selector: TrafficSelector) -> dict[str, object]:
    return {
        "network": network(selector),
        "start": selector.start,
        "end": selector.end,
        "protocol": selector.protocol,
        "start_port": selector.start_port,
        "end_port": selector.end_port,
    }


def _write_array(out: TextIO, key: str, items: Iterable[object], unwritable: re.Pattern[str]) -> None:
    out.write(f'  "{key}": [')
    separator = "\n"
    for item in items:
        out.write(f"{separator}    {_text(item, 2, unwritable)}")
        separator = ",\n"
    out.write("],\n" if separator == "\n" else "\n  ],\n")


def _text(value: object, depth: int, unwritable: re.Pattern[str]) -> str:
    encoded = json.dumps(plain(value), ensure_ascii=False, indent=2)
    return unwritable.sub(_escape, encoded).replace("\n", "\n" + "  " * depth)


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if "\ud800" <= char <= "\udfff":
        return "\\ufffd"
    return json.dumps(char)[1:-1] if char > "\uffff" else f"\\u{ord(char):04x}"


def _is_unicode(out: TextIO) -> bool:
    # a StringIO has no encoding: it takes every character
    return (getattr(out, "encoding", None) or "utf").lower().startswith("utf")
