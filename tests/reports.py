"""Small reports for the tests of the renderers: a failed negotiation as an ASA logs it, and what surrounds it."""

from collections.abc import Iterable
from io import StringIO

from ikelog.correlation.types import ChildSa, Closed, End, Message, Negotiation, Repeat, Span, Step
from ikelog.diagnosis.types import Attribute, Comparison, Evidence, Finding, Fix
from ikelog.events.types import TrafficSelector
from ikelog.report import Report, Source, SourceClock, Summary
from ikelog.reporting import ladder, terminal

LOG = "edge1.log"


def source(**changes: object) -> Source:
    known: dict[str, object] = {
        "name": LOG,
        "platform": "asa",
        "lines": 652,
        "ike_lines": 640,
        "unrecognised_lines": 0,
        "encoding": "utf-8",
        "first_time": None,
        "last_time": None,
        "clock": SourceClock(),
    }
    return Source(**{**known, **changes})  # type: ignore[arg-type]


def message(
    n: int, line: int, exchange: str, message_id: int, direction: str, payloads: str, **more: object
) -> Message:
    known: dict[str, object] = {
        "n": n,
        "exchange": exchange,
        "message_id": message_id,
        "direction": direction,
        "response": None,
        "source": LOG,
        "line": line,
        "end_line": line,
        "payloads": tuple(payloads.split()),
    }
    return Message(**{**known, **more})  # type: ignore[arg-type]


def step(line: int, text: str, **more: object) -> Step:
    known: dict[str, object] = {
        "source": LOG,
        "line": line,
        "end_line": line,
        "time": None,
        "offset_ms": None,
        "kind": "state_changed",
        "text": text,
    }
    return Step(**{**known, **more})  # type: ignore[arg-type]


INIT = "SA KE N VID VID VID VID NOTIFY(NAT_DETECTION_SOURCE_IP) NOTIFY(NAT_DETECTION_DESTINATION_IP)"


def psk_negotiation(id: str = "N1", **changes: object) -> Negotiation:
    """A responder that rejects the peer's AUTH; no clock."""
    known: dict[str, object] = {
        "id": id,
        "ike_version": 2,
        "outcome": "failed",
        "role": "responder",
        "local": End("30.30.30.1", 500),
        "remote": End("20.20.20.1", 500),
        "initiator_spi": "d7307e13c686a26e",
        "responder_spi": "1fdbebaae40753cf",
        "verdict": "IKE201",
        "spans": (Span(LOG, 1, 326),),
        "messages": (
            message(1, 1, "IKE_SA_INIT", 0, "received", INIT),
            message(2, 188, "IKE_SA_INIT", 0, "sent", INIT + " CERTREQ"),
            message(3, 197, "IKE_AUTH", 1, "received", "IDi AUTH SA TSi TSr"),
            message(
                4,
                314,
                "IKE_AUTH",
                1,
                "sent",
                "NOTIFY(AUTHENTICATION_FAILED)",
                notifies=("AUTHENTICATION_FAILED",),
            ),
        ),
        "steps": (step(190, "DH secret computed, group 14"), step(289, "AUTH does not verify")),
    }
    return Negotiation(**{**known, **changes})  # type: ignore[arg-type]


def psk_finding(*negotiations: str, **changes: object) -> Finding:
    known: dict[str, object] = {
        "id": "F1",
        "code": "IKE201",
        "name": "psk-mismatch",
        "severity": "error",
        "title": "The pre-shared keys differ",
        "negotiations": negotiations or ("N1",),
        "side": "both",
        "explanation": "The peer's AUTH does not match our pre-shared key: the two keys differ.",
        "certainty": "observed",
        "evidence": (Evidence(LOG, 289, 289, "IKEv2-PROTO-1: (16): Failed to authenticate the IKE SA"),),
        "fix": (
            Fix(
                "asa",
                (
                    "tunnel-group 20.20.20.1 ipsec-attributes",
                    " ikev2 remote-authentication pre-shared-key <the key that the peer uses>",
                ),
                "",
            ),
            Fix("peer", (), "Its local key. Nothing else failed: proposals and identities matched."),
        ),
    }
    return Finding(**{**known, **changes})  # type: ignore[arg-type]


def proposal_finding(*negotiations: str) -> Finding:
    """Two own policies against one received proposal."""
    return psk_finding(
        *negotiations,
        code="IKE103",
        name="ike-proposal-mismatch",
        explanation="None of our IKEv2 policies matches what the peer offers: encryption differs.",
        comparison=(
            Comparison(
                "policy 10",
                "proposal 1",
                1,
                (
                    Attribute("encryption", ("AES-CBC-256",), ("AES-CBC-128", "AES-CBC-192"), False),
                    Attribute("prf", ("SHA256",), ("SHA256",), True),
                    Attribute("esn", (), (), True),
                ),
            ),
        ),
        fix=(),
    )


def healthy(number: int, peer: str | None = None, **changes: object) -> Negotiation:
    known: dict[str, object] = {
        "id": f"N{number}",
        "ike_version": 2,
        "outcome": "established",
        "role": "initiator",
        "local": End("30.30.30.1", 500),
        "remote": End(peer or f"10.0.0.{number}", 500),
        "spans": (Span(LOG, 10 * number, 10 * number + 9),),
    }
    return Negotiation(**{**known, **changes})  # type: ignore[arg-type]


def timed_negotiation(**changes: object) -> Negotiation:
    """An initiator with a clock: a retransmitted request, a rekey's lineage, a Child SA, an end."""
    day = "2024-11-30T11:16:"
    repeats = tuple(
        Repeat(LOG, line, f"{day}{at}Z", offset)
        for line, at, offset in ((15, "58.461", 2003), (19, "62.461", 6001), (23, "70.461", 14004))
    )
    known: dict[str, object] = {
        "id": "N7",
        "ike_version": 2,
        "outcome": "established",
        "role": "initiator",
        "local": End("30.30.30.1", 500, 4500),
        "remote": End("2001:db8::1", 500),
        "initiator_spi": "00000000000000ab",
        "spans": (Span(LOG, 8, 60),),
        "started_at": f"{day}56.461Z",
        "messages": (
            message(
                1,
                9,
                "IKE_SA_INIT",
                0,
                "sent",
                "SA KE N",
                time=f"{day}56.461Z",
                offset_ms=0,
                repeats=repeats,
            ),
            message(
                2,
                30,
                "IKE_SA_INIT",
                0,
                "received",
                "SA KE N",
                time=f"{day}56.473Z",
                offset_ms=12,
                round_trip_ms=12,
                notifies=("COOKIE",),
            ),
        ),
        "steps": (step(8, "Policy default found", time=f"{day}56.460Z", offset_ms=-1),),
        "child_sas": (
            ChildSa(
                "C1",
                40,
                "esp",
                inbound_spi="00abcdef",
                outbound_spi="12345678",
                local_selectors=(TrafficSelector("10.1.0.0", "10.1.0.255"),),
                remote_selectors=(TrafficSelector("10.2.0.0", "10.2.0.9", 6, 443, 443),),
                state="up",
            ),
        ),
        "closed": Closed("peer", "idle", 60, f"{day}59.000Z"),
        "rekeyed_from": "N3",
        "simultaneous_with": ("N4", "N5"),
    }
    return Negotiation(**{**known, **changes})  # type: ignore[arg-type]


def report(
    negotiations: Iterable[Negotiation] = (), findings: Iterable[Finding] = (), sources: Iterable[Source] | None = None
) -> Report:
    """The given negotiations and findings, counted."""
    negotiations, findings = tuple(negotiations), tuple(findings)
    outcomes = [negotiation.outcome for negotiation in negotiations]
    peers = dict.fromkeys(negotiation.remote.address for negotiation in negotiations if negotiation.remote.address)
    summary = Summary(
        negotiations=len(negotiations),
        established=outcomes.count("established"),
        child_failed=outcomes.count("child_failed"),
        failed=outcomes.count("failed"),
        ike_only=outcomes.count("ike_only"),
        incomplete=outcomes.count("incomplete"),
        child_sas_failed=0,
        errors=sum(finding.severity == "error" for finding in findings),
        warnings=sum(finding.severity == "warning" for finding in findings),
        peers=tuple(peers),
    )
    return Report("0.1.0", (source(),) if sources is None else tuple(sources), negotiations, findings, summary)


def text(report: Report, *, width: int = 0, colour: bool = False, verbose: int = 0, quiet: bool = False) -> str:
    """The report as the terminal shows it."""
    out = StringIO()
    terminal.render(report, out, width=width, colour=colour, verbose=verbose, quiet=quiet)
    return out.getvalue()


def timeline(report: Report, *, width: int = 0) -> str:
    """The ladders of the report."""
    out = StringIO()
    ladder.render(report, out, width=width)
    return out.getvalue()
