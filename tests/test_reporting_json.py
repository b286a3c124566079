"""The JSON report: its keys, its schema, and that nothing in a log can break it."""

import json
from dataclasses import fields, replace
from io import BytesIO, StringIO, TextIOWrapper
from typing import Any

import jsonschema
import pytest
from reports import LOG, healthy, message, proposal_finding, psk_finding, psk_negotiation, report, timed_negotiation

from ikelog.correlation.types import (
    ChildSa,
    Fragments,
    Negotiation,
    Offer,
    RemoteAccess,
    Transforms,
)
from ikelog.diagnosis.types import Alternative, Evidence
from ikelog.events.types import Event, Proposal, TrafficSelector
from ikelog.report import Report
from ikelog.reporting import json_report
from ikelog.reporting.selectors import network, selector_text

CONTRACT_KEYS = {
    "source": "name platform lines ike_lines unrecognised_lines encoding first_time last_time clock notes",
    "negotiation": (
        "id ike_version device role local remote vrf initiator_spi responder_spi connection_id mode vpn_style"
        " configuration outcome closed verdict spans started_at ended_at duration_ms authentication remote_access"
        " transforms proposals nat messages steps child_sas rekeyed_from simultaneous_with other_view same_request_as"
    ),
    "message": (
        "n exchange step message_id direction response answers round_trip_ms source line end_line time offset_ms"
        " payloads notifies fragments repeats"
    ),
    "child_sa": (
        "id protocol inbound_spi outbound_spi local_selectors remote_selectors mode transforms pfs_group lifetime_s"
        " lifetime_kb state verdict rekeyed_from message_id started_at ended_at line"
    ),
    "finding": (
        "id code name severity title negotiations side explanation certainty alternatives comparison fix references"
        " evidence"
    ),
}


def rich_report() -> Report:
    """Everything that can be in a report is in this one."""
    offer = Offer("received", "ike", Proposal(1, "IKE", encryption=("AES-CBC-128",), key_exchange=("14",), line=4))
    full = timed_negotiation(
        closed=None,
        transforms=Transforms("AES-CBC-128", 128, dh_group=14),
        proposals=(offer,),
        remote_access=RemoteAccess("alice"),
        messages=(
            message(1, 9, "MAIN_MODE", 0, "sent", "SA", step="MM1", response=False, fragments=Fragments(2, 3)),
            *timed_negotiation().messages,
        ),
    )
    inferred = replace(proposal_finding("N1"), alternatives=(Alternative("IKE101", "the path"),))
    return report([psk_negotiation(), full, timed_negotiation(id="N8")], [psk_finding(), inferred])


def rendered(report: Report) -> str:
    out = StringIO()
    json_report.render(report, out)
    return out.getvalue()


def loaded(report: Report) -> Any:
    return json.loads(rendered(report))


def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(json_report.schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("made", [rich_report(), report(sources=()), report([healthy(1)])])
def test_report_validates_against_its_schema(made: Report) -> None:
    assert [error.message for error in validator().iter_errors(loaded(made))] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("outcome", "up"),
        ("initiator_spi", "0" * 16),
        ("initiator_spi", "D7307E13C686A26E"),
        ("verdict", "psk-mismatch"),
        ("ike_version", 3),
        ("started_at", "yesterday"),
        ("closed", {"by": "nobody", "reason": None, "line": 1, "time": None}),
    ],
)
def test_schema_refuses_what_the_contract_rules_out(path: str, value: object) -> None:
    document = loaded(rich_report())
    document["negotiations"][0][path] = value
    assert not validator().is_valid(document)


def test_schema_requires_every_key_and_allows_more() -> None:
    document = loaded(rich_report())
    document["negotiations"][0]["new_in_a_later_release"] = 1
    assert validator().is_valid(document)
    for key in CONTRACT_KEYS["negotiation"].split():
        less = loaded(rich_report())
        del less["negotiations"][0][key]
        assert not validator().is_valid(less), key


def test_keys_are_the_contracts_in_its_order() -> None:
    document = loaded(rich_report())
    assert list(document) == ["schema_version", "tool", "sources", "negotiations", "findings", "summary"]
    assert document["tool"] == {"name": "ikelog", "version": "0.1.0"}
    negotiation = document["negotiations"][1]
    found = {
        "source": document["sources"][0],
        "negotiation": negotiation,
        "message": negotiation["messages"][0],
        "child_sa": negotiation["child_sas"][0],
        "finding": document["findings"][0],
    }
    assert {name: " ".join(keys) for name, keys in found.items()} == CONTRACT_KEYS


def test_events_stay_inside() -> None:
    event = Event("message_sent", LOG, 1, 1)
    inside: dict[str, Any] = {"ike_up": event, "events": (event,), "nearby": (event,), "platform": "asa"}
    assert rendered(report([healthy(1, **inside)])) == rendered(report([healthy(1)]))


def test_keys_name_fields() -> None:
    unknown = [
        (kind.__name__, key)
        for kind, keys in json_report.KEYS.items()
        for key in keys
        if key not in {field.name for field in fields(kind)}
    ]
    assert unknown == []


def test_unknown_is_null_and_never_left_out() -> None:
    negotiation = loaded(report([Negotiation("N1", 2, "incomplete")]))["negotiations"][0]
    empty = {"address": None, "port": None, "port_after_float": None, "identity": None, "identity_type": None}
    assert negotiation["local"] == negotiation["remote"] == empty
    assert negotiation["vrf"] == {"front": None, "inside": None}
    assert negotiation["nat"] == {"detected": None, "port_floated": None}
    assert [negotiation[key] for key in ("role", "initiator_spi", "transforms", "closed", "verdict")] == [None] * 5


def test_offer_becomes_a_proposal_of_the_contract() -> None:
    assert loaded(rich_report())["negotiations"][1]["proposals"] == [
        {
            "direction": "received",
            "for": "ike",
            "number": 1,
            "protocol": "IKE",
            "transforms": {
                "encryption": ["AES-CBC-128"],
                "prf": [],
                "integrity": [],
                "key_exchange": ["14"],
                "esn": [],
            },
            "line": 4,
        }
    ]


def test_selector_has_its_network_or_null() -> None:
    child = loaded(rich_report())["negotiations"][1]["child_sas"][0]
    assert child["local_selectors"] == [
        {
            "network": "10.1.0.0/24",
            "start": "10.1.0.0",
            "end": "10.1.0.255",
            "protocol": 0,
            "start_port": 0,
            "end_port": 65535,
        }
    ]
    assert child["remote_selectors"][0]["network"] is None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("0.0.0.0", "255.255.255.255", "0.0.0.0/0"),
        ("10.1.1.7", "10.1.1.7", "10.1.1.7/32"),
        ("10.0.0.0", "10.0.0.2", None),
        ("10.0.0.128", "10.0.1.127", None),  # the right size, not on a boundary
        ("10.0.0.9", "10.0.0.1", None),
        ("fc00::", "fc00::ffff", "fc00::/112"),
        ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
        ("10.0.0.0", "fc00::", None),
        ("x.x.x.x", "x.x.x.x", None),
    ],
)
def test_network_of_a_range(start: str, end: str, expected: str | None) -> None:
    assert network(TrafficSelector(start, end)) == expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (TrafficSelector("10.1.0.0", "10.1.255.255"), "10.1.0.0/16"),
        (TrafficSelector("10.1.0.0", "10.1.0.4", 17, 53, 53), "10.1.0.0-10.1.0.4 protocol 17 port 53"),
        (TrafficSelector("10.1.0.1", "10.1.0.1", 6, 0, 1023), "10.1.0.1/32 protocol 6 ports 0-1023"),
    ],
)
def test_selector_in_words(selector: TrafficSelector, expected: str) -> None:
    assert selector_text(selector) == expected


NASTY = 'a"b\\\udc80\x1b[31m\x9b\u202e\u2028é\U0001f600\n'


def test_text_of_the_log_cannot_break_it() -> None:
    finding = psk_finding(evidence=(Evidence(LOG, 1, 1, NASTY),))
    text = rendered(report([psk_negotiation()], [finding]))
    text.encode("utf-8")  # no lone surrogate is left
    assert not set(text) & set("\udc80\x1b\x9b\u202e\u2028")
    assert json.loads(text)["findings"][0]["evidence"][0]["text"] == NASTY.replace("\udc80", "\ufffd")


def test_narrow_encoding_loses_nothing() -> None:
    raw = BytesIO()
    out = TextIOWrapper(raw, encoding="ascii")
    finding = psk_finding(evidence=(Evidence(LOG, 1, 1, NASTY),))
    json_report.render(report([psk_negotiation()], [finding]), out)
    out.flush()
    found = json.loads(raw.getvalue())["findings"][0]["evidence"][0]["text"]
    assert found == NASTY.replace("\udc80", "\ufffd")


def test_layout_is_indented_by_two_and_empty_arrays_are_short() -> None:
    lines = rendered(report([healthy(1)])).splitlines()
    assert lines[:4] == ["{", '  "schema_version": 1,', '  "tool": {', '    "name": "ikelog",']
    assert '      "outcome": "established",' in lines
    assert '  "findings": [],' in lines
    assert lines[-1] == "}"


def test_negotiations_are_written_one_by_one() -> None:
    chunks: list[str] = []

    class Recorder(StringIO):
        def write(self, text: str) -> int:
            chunks.append(text)
            return len(text)

    json_report.render(report([healthy(1), healthy(2)]), Recorder())
    written = [chunk for chunk in chunks if '"outcome"' in chunk]
    assert len(written) == 2
    assert '"id": "N2"' not in written[0]


def test_child_sa_of_unknown_state_is_all_null() -> None:
    child = loaded(report([healthy(1, child_sas=(ChildSa("C1", 3),))]))["negotiations"][0]["child_sas"][0]
    known = {key: value for key, value in child.items() if value is not None}
    assert known == {"id": "C1", "line": 3, "local_selectors": [], "remote_selectors": []}
