"""Events as one JSON object a line."""

from dataclasses import asdict, is_dataclass

from ikelog.events.types import Event, Proposal, TrafficSelector
from ikelog.reporting.json_report import encoded_line
from ikelog.reporting.selectors import network


def event_line(event: Event, negotiation: str | None) -> str:
    """Return one event as a line of JSON: the envelope of the contract, then the kind's own fields."""
    record: dict[str, object] = {
        "kind": event.kind,
        "source": event.source,
        "line": event.line,
        "end_line": event.end_line,
        "time": event.time,
        "offset_ms": event.offset_ms,
        "device": event.device,
        "platform": event.platform,
        "negotiation": negotiation,
    }
    if event.handle is not None and event.ike_version == 1:
        record["connection_id"] = event.handle.sa
    elif event.handle is not None:
        record["cisco_sa_id"] = event.handle.sa
        if event.handle.session is not None:
            record["cisco_session_id"] = event.handle.session
    record.update((name, _plain(value)) for name, value in event.fields.items() if name not in record)
    if event.damage is not None:
        record["damage"] = event.damage
    if event.text is not None:
        record["text"] = event.text
    return encoded_line(record) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, TrafficSelector):
        return {"network": network(value), **asdict(value)}
    if isinstance(value, Proposal):
        sets = {kind: list(names) for kind, names in value.transforms().items()}
        return {"number": value.number, "protocol": value.protocol, "transforms": sets, "line": value.line}
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
