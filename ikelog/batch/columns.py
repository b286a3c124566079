"""The tables of the store: which columns each has, and their types, as Arrow writes them and DuckDB reads them.

Names and types are those of the JSON report. Beside them stand what joins the tables (`unit`, `id`, `negotiation`,
`finding`), what they are divided by (`device`, `day`), and for each time a timestamp, which is null where the device's
clock printed no year.
"""

import pyarrow as pa

# Raised when a table changes so that a store of before cannot be added to.
STORE_VERSION = 1

_TEXT, _WHOLE, _MOMENT = pa.string(), pa.int64(), pa.timestamp("ms")
_TEXTS = pa.list_(_TEXT)


def _struct(texts: str = "", numbers: str = "", **others: pa.DataType) -> pa.DataType:
    fields = dict.fromkeys(texts.split(), _TEXT) | dict.fromkeys(numbers.split(), _WHOLE) | others
    return pa.struct(list(fields.items()))


_END = _struct("address", "port port_after_float", identity=_TEXT, identity_type=_TEXT)
_TRANSFORMS = _struct("encryption integrity prf", "key_bits dh_group lifetime_s", additional_key_exchanges=_TEXTS)
_SPAN = _struct("source", "first_line last_line")
_OFFERED = pa.struct([(name, _TEXTS) for name in ("encryption", "prf", "integrity", "key_exchange", "esn")])
_OFFER = _struct("direction for protocol", "number line", transforms=_OFFERED)
_SELECTOR = _struct("network start end", "protocol start_port end_port")
_REPEAT = _struct("source time", "line offset_ms")
_ATTRIBUTE = pa.struct([("attribute", _TEXT), ("local", _TEXTS), ("remote", _TEXTS), ("equal", pa.bool_())])
_CONFIGURATION = _struct("profile tunnel_group group_policy policy proposal keyring crypto_map interface", "sequence")

_DIVIDED = {"device": _TEXT, "day": _TEXT}

TABLES: dict[str, pa.Schema] = {
    name: pa.schema(list(columns.items()))
    for name, columns in {
        "sources": {
            "unit": _TEXT,
            "name": _TEXT,
            "stream": _TEXT,
            "address": _TEXT,
            "sha256": _TEXT,
            "bytes": _WHOLE,
            "platform": _TEXT,
            "lines": _WHOLE,
            "ike_lines": _WHOLE,
            "unrecognised_lines": _WHOLE,
            "encoding": _TEXT,
            "first_time": _TEXT,
            "last_time": _TEXT,
            "first_timestamp": _MOMENT,
            "last_timestamp": _MOMENT,
            "clock": _struct("zone", "year", marks=_TEXTS),
            "notes": _TEXTS,
            "negotiations": _WHOLE,
            "ikelog_version": _TEXT,
            "options": _TEXT,
        },
        "negotiations": {
            "unit": _TEXT,
            "id": _TEXT,
            **_DIVIDED,
            "host_name": _TEXT,
            "peer": _TEXT,
            "ike_version": _WHOLE,
            "role": _TEXT,
            "local": _END,
            "remote": _END,
            "vrf": _struct("front inside"),
            "initiator_spi": _TEXT,
            "responder_spi": _TEXT,
            "connection_id": _WHOLE,
            "mode": _TEXT,
            "vpn_style": _TEXT,
            "configuration": _CONFIGURATION,
            "outcome": _TEXT,
            "closed": _struct("by reason time", "line"),
            "verdict": _TEXT,
            "source": _TEXT,
            "line": _WHOLE,
            "spans": pa.list_(_SPAN),
            "started_at": _TEXT,
            "ended_at": _TEXT,
            "started_timestamp": _MOMENT,
            "ended_timestamp": _MOMENT,
            "duration_ms": _WHOLE,
            "authentication": _struct("local remote"),
            "remote_access": _struct("user assigned_address eap_method"),
            "transforms": _TRANSFORMS,
            "proposals": pa.list_(_OFFER),
            "nat": _struct("detected", port_floated=pa.bool_()),
            "rekeyed_from": _TEXT,
            "simultaneous_with": _TEXTS,
            "other_view": _TEXT,
            "same_request_as": _TEXTS,
        },
        "messages": {
            "unit": _TEXT,
            "negotiation": _TEXT,
            **_DIVIDED,
            "peer": _TEXT,
            "n": _WHOLE,
            "exchange": _TEXT,
            "step": _TEXT,
            "message_id": _WHOLE,
            "direction": _TEXT,
            "response": pa.bool_(),
            "answers": _WHOLE,
            "round_trip_ms": _WHOLE,
            "source": _TEXT,
            "line": _WHOLE,
            "end_line": _WHOLE,
            "time": _TEXT,
            "timestamp": _MOMENT,
            "offset_ms": _WHOLE,
            "payloads": _TEXTS,
            "notifies": _TEXTS,
            "fragments": _struct("", "got of"),
            "retransmissions": _WHOLE,
            "repeats": pa.list_(_REPEAT),
        },
        "child_sas": {
            "unit": _TEXT,
            "negotiation": _TEXT,
            "id": _TEXT,
            **_DIVIDED,
            "peer": _TEXT,
            "protocol": _TEXT,
            "inbound_spi": _TEXT,
            "outbound_spi": _TEXT,
            "local_selectors": pa.list_(_SELECTOR),
            "remote_selectors": pa.list_(_SELECTOR),
            "mode": _TEXT,
            "transforms": _TRANSFORMS,
            "pfs_group": _WHOLE,
            "lifetime_s": _WHOLE,
            "lifetime_kb": _WHOLE,
            "state": _TEXT,
            "verdict": _TEXT,
            "rekeyed_from": _TEXT,
            "message_id": _WHOLE,
            "started_at": _TEXT,
            "ended_at": _TEXT,
            "started_timestamp": _MOMENT,
            "ended_timestamp": _MOMENT,
            "line": _WHOLE,
        },
        "findings": {
            "unit": _TEXT,
            "id": _TEXT,
            **_DIVIDED,
            "code": _TEXT,
            "name": _TEXT,
            "severity": _TEXT,
            "title": _TEXT,
            "negotiations": _TEXTS,
            "side": _TEXT,
            "explanation": _TEXT,
            "certainty": _TEXT,
            "alternatives": pa.list_(_struct("code why")),
            "comparison": pa.list_(_struct("own peer", "distance", attributes=pa.list_(_ATTRIBUTE))),
            "fix": pa.list_(_struct("platform why", commands=_TEXTS)),
            "references": _TEXTS,
        },
        "evidence": {
            "unit": _TEXT,
            "finding": _TEXT,
            "n": _WHOLE,
            **_DIVIDED,
            "source": _TEXT,
            "line": _WHOLE,
            "end_line": _WHOLE,
            "text": _TEXT,
        },
    }.items()
}
# What a run passed over, and what was odd in what it read: of each input the last word.
SKIPPED = pa.schema([("name", _TEXT), ("reason", _TEXT), ("detail", _TEXT)])
