"""Freeze what was gathered of a negotiation."""

from collections.abc import Iterable
from typing import Literal

from ikelog.correlation import links
from ikelog.correlation.children import build_children
from ikelog.correlation.messages import flush, names
from ikelog.correlation.outcome import Decided, decide
from ikelog.correlation.particulars import (
    build_authentication,
    build_configuration,
    build_nat,
    build_offers,
    build_remote_access,
    build_transforms,
)
from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.steps import build_steps
from ikelog.correlation.types import (
    ChildSa,
    Closed,
    ClosedBy,
    End,
    Fragments,
    Message,
    Negotiation,
    Span,
    Vrf,
)
from ikelog.events.types import Endpoint, Event, Events
from ikelog.terms import errors

_EVERYTHING = {
    ("0.0.0.0", "255.255.255.255"),  # noqa: S104 - a traffic selector, nothing is bound
    ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
}


def build_negotiations(states: list[NegotiationState]) -> tuple[Negotiation, ...]:
    """Number the negotiations in the order of their first lines, link them, and freeze them."""
    for number, state in enumerate(states, 1):
        flush(state)
        state.number = f"N{number}"
    links.link_rekeys(states)
    decided = {state.number: decide(state) for state in states}
    built = [_build(state, decided[state.number]) for state in states]
    return links.link(states, built)


def _build(state: NegotiationState, decided: Decided) -> Negotiation:
    first, last = state.events[0], _decisive(state, decided)
    children = build_children(state, decided.failure, decided.child_up)
    return Negotiation(
        id=state.number,
        ike_version=2,
        outcome=decided.outcome,
        device=state.device,
        platform=next((e.platform for e in state.events if e.platform), None),
        role=state.role,
        local=_end(state, "local"),
        remote=_end(state, "remote"),
        vrf=_vrf(state),
        initiator_spi=state.initiator_spi,
        responder_spi=state.responder_spi,
        vpn_style=_style(children),
        configuration=build_configuration(state.events),
        closed=_closed(state, decided),
        spans=_spans(state.events),
        started_at=first.time,
        ended_at=last.time,
        duration_ms=_elapsed(first, last),
        authentication=build_authentication(state),
        remote_access=build_remote_access(state.events),
        transforms=build_transforms(state),
        proposals=build_offers(state),
        nat=build_nat(state),
        messages=_messages(state),
        steps=build_steps(state.events),
        child_sas=children,
        rekeyed_from=state.rekeyed_from.number if state.rekeyed_from else None,
        stage=decided.stage,
        ike_up=decided.ike_up,
        child_up=decided.child_up,
        failure=decided.failure,
        events=Events(state.events),
        nearby=Events(state.nearby),
    )


def _decisive(state: NegotiationState, decided: Decided) -> Event:
    """Return the event at which the negotiation was over, one way or the other."""
    if decided.outcome == "established" and decided.child_up is not None and decided.ike_up is not None:
        return max(decided.child_up, decided.ike_up, key=lambda event: event.line)
    if decided.outcome == "failed" and decided.failure is not None:
        return decided.failure
    return state.events[-1]


def _elapsed(first: Event, last: Event) -> int | None:
    """Return the milliseconds between two events; None without clocks, across sources, or where one was set back."""
    if first.offset_ms is None or last.offset_ms is None or first.source != last.source:
        return None
    if last.offset_ms < first.offset_ms:
        return None
    return last.offset_ms - first.offset_ms


def _end(state: NegotiationState, side: str) -> End:
    endpoint: Endpoint | None = getattr(state, side)
    identity, kind = _identity(state, side)
    return End(
        address=(endpoint.address if endpoint else None) or _named_address(state, side),
        port=endpoint.port if endpoint else None,
        port_after_float=_float(state, side),
        identity=identity,
        identity_type=kind,
    )


def _named_address(state: NegotiationState, side: str) -> str | None:
    """Return an address that other lines name: the peer whose tunnel-group was searched, the local of a policy."""
    kinds = ("tunnel_group_searched", "tunnel_group_missing") if side == "remote" else ("policy_searched",)
    name = "address" if side == "remote" else "local_address"
    return next((str(e.fields[name]) for e in state.events if e.kind in kinds and name in e.fields), None)


def _identity(state: NegotiationState, side: str) -> tuple[str | None, str | None]:
    kind = "peer_identity_received" if side == "remote" else "identity_constructed"
    found = next((e for e in state.events if e.kind == kind), None)
    if found is None:
        return None, None
    return str(found.fields["identity"]), str(found.fields["identity_type"])


def _float(state: NegotiationState, side: str) -> int | None:
    """Return the port after NAT was found: what a later message used, else what the device said."""
    endpoint: Endpoint | None = getattr(state, side)
    for message in state.messages:
        later = message.first.fields.get(side)
        if isinstance(later, Endpoint) and endpoint and later.port != endpoint.port:
            return later.port
    floated = next((e for e in state.events if e.kind == "port_floated"), None)
    if floated is None:
        return None
    ours = state.role == "initiator"
    value = floated.fields["initiator_port" if ours == (side == "local") else "responder_port"]
    return value if isinstance(value, int) else None


def _vrf(state: NegotiationState) -> Vrf:
    text = next((str(e.fields["vrf"]) for e in state.events if "vrf" in e.fields), "")
    inside, _, front = text.partition(":")
    return Vrf(front.removeprefix("f") or None, inside.removeprefix("i") or None)


def _style(children: Iterable[ChildSa]) -> Literal["route-based", "policy-based"] | None:
    for child in children:
        if child.local_selectors and child.remote_selectors:
            both = [*child.local_selectors, *child.remote_selectors]
            return "route-based" if all((s.start, s.end) in _EVERYTHING for s in both) else "policy-based"
    return None


def _closed(state: NegotiationState, decided: Decided) -> Closed | None:
    """Tell what became of an IKE SA that had come up."""
    if decided.ike_up is None:
        return None
    begin = next((i for i, event in enumerate(state.events) if event is decided.ike_up), 0)
    for place, event in enumerate(state.events[begin:], begin):
        by, reason = _closing(event, state.events[place + 1 : place + 4])
        if by is not None:
            by = "rekey" if by == "local" and state.rekey_pending else by
            return Closed(by, reason, event.line, event.time)
    return None


def _closing(event: Event, behind: list[Event]) -> tuple[ClosedBy | None, str | None]:
    """Return who ended the IKE SA, and why, where an event says so. `behind` are the events that follow it."""
    reason = str(event.fields["reason"]) if "reason" in event.fields else None
    reason = None if reason in ("unknown", "Unknown") else reason
    if event.kind in ("message_received", "message_decrypted") and "AUTHENTICATION_FAILED" in names(
        event.fields.get("notifies")
    ):
        return "peer", "AUTHENTICATION_FAILED"
    match event.kind:
        case "ike_delete_received":
            return "peer", reason
        case "delete_received":  # printed before the line that says which SA: an ESP SA's DELETE ends no IKE SA
            return (None if any(e.kind == "child_delete_received" for e in behind) else "peer"), reason
        case "ike_sa_down":
            return _ended_by(reason or ""), reason
        case "error_reported" if event.fields.get("error") == errors.RETRANSMISSIONS_EXHAUSTED:
            return "timeout", "retransmission gave up"
        case "initial_contact_replaced":
            return "replaced", "initial contact"
        case "ike_delete_sent" | "delete_queued" | "session_killed":
            return "local", reason
    return None, None


def _ended_by(reason: str) -> ClosedBy:
    """Tell who ended an SA by the reason of ASA's 750007."""
    if "lost" in reason:
        return "timeout"
    return "peer" if "peer" in reason else "local"


def _spans(events: list[Event]) -> tuple[Span, ...]:
    spans: dict[str, Span] = {}
    for event in events:
        known = spans.get(event.source)
        first = min(known.first_line, event.line) if known else event.line
        last = max(known.last_line, event.end_line) if known else event.end_line
        spans[event.source] = Span(event.source, first, last)
    return tuple(spans.values())


def _messages(state: NegotiationState) -> tuple[Message, ...]:
    numbers = {id(m): n for n, m in enumerate(state.messages, 1)}
    return tuple(_message(m, numbers) for m in state.messages)


def _message(message: MessageState, numbers: dict[int, int]) -> Message:
    request = message.answers
    fragments = Fragments(len(message.fragments), message.fragment_total) if message.fragments else None
    return Message(
        n=numbers[id(message)],
        exchange=message.exchange,
        message_id=message.message_id,
        direction=message.direction,
        response=message.response,
        source=message.first.source,
        line=message.line,
        end_line=message.end_line,
        answers=numbers[id(request)] if request else None,
        round_trip_ms=_elapsed(request.first, message.first) if request else None,
        time=message.first.time,
        offset_ms=message.first.offset_ms,
        payloads=message.payloads,
        notifies=message.notifies,
        fragments=fragments,
        repeats=tuple(message.repeats),
    )
