"""The Child SAs of an IKE SA: asked for in messages, named by IPSEC lines, deleted by SPI."""

from dataclasses import replace

from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.types import ChildSa, Transforms
from ikelog.events.types import Event, Proposal, TrafficSelector
from ikelog.terms import transforms
from ikelog.terms.notifies import CHILD_SA_ERRORS, is_error


def build_children(state: NegotiationState, failure: Event | None, child_up: Event | None) -> tuple[ChildSa, ...]:
    """Return the Child SAs in the order in which they were asked for."""
    children: list[ChildSa] = []
    for request in state.messages:
        if request.response is False and request.exchange in ("IKE_AUTH", "CREATE_CHILD_SA"):
            child = _from_messages(state, request, children)
            if child is not None:
                children.append(child)
    if not children and state.rekeyed_from is None and (child_up is not None or _failed_child(state, failure)):
        children.append(_from_events(state, failure, child_up))
    children = _with_spis(state, children)
    children = _with_ends(state, children)
    ids = {child.id: f"{state.number}.C{i}" for i, child in enumerate(children, 1) if child.id}
    return tuple(
        replace(child, id=f"{state.number}.C{i}", rekeyed_from=ids.get(child.rekeyed_from or ""))
        for i, child in enumerate(children, 1)
    )


def _from_messages(state: NegotiationState, request: MessageState, earlier: list[ChildSa]) -> ChildSa | None:
    answer = next((m for m in state.messages if m.answers is request), None)
    shown = [m for m in (request, answer) if m is not None and "TSi" in m.payloads]
    refused = answer is not None and CHILD_SA_ERRORS.intersection(answer.notifies)
    if not shown and not (refused and (request.exchange == "IKE_AUTH" or "SA" not in request.payloads)):
        return None
    chosen = next((m for m in (answer, request) if m is not None and m.tsi), None)
    ours, theirs = _sides(state, request, chosen)
    up = answer is not None and "TSi" in answer.payloads and not any(is_error(n) for n in answer.notifies)
    before = next((c for c in reversed(earlier) if c.state == "up"), None)
    rekeys = "REKEY_SA" in request.notifies
    return ChildSa(
        id=f"C{len(earlier) + 1}",
        line=request.line,
        protocol=_protocol(request) or "esp",
        local_selectors=ours,
        remote_selectors=theirs,
        mode="transport" if answer is not None and "USE_TRANSPORT_MODE" in answer.notifies else None,
        transforms=_negotiated(answer) if up else None,
        pfs_group=request.group if request.exchange == "CREATE_CHILD_SA" else None,
        state="up" if up else "failed" if refused else None,
        rekeyed_from=before.id if rekeys and before else None,
        message_id=request.message_id,
        started_at=request.first.time,
    )


def _sides(
    state: NegotiationState, request: MessageState, chosen: MessageState | None
) -> tuple[tuple[TrafficSelector, ...], tuple[TrafficSelector, ...]]:
    """Return local and remote selectors: TSi is the side of the end that asked (RFC 7296 section 2.9)."""
    if chosen is None:
        return (), ()
    return (chosen.tsi, chosen.tsr) if request.direction == "sent" else (chosen.tsr, chosen.tsi)


def _protocol(message: MessageState) -> str | None:
    return next((p.protocol for p in message.proposals if p.protocol in ("esp", "ah")), None)


def _negotiated(answer: MessageState | None) -> Transforms | None:
    proposals = [p for p in answer.proposals if p.protocol in ("esp", "ah")] if answer else []
    return chosen_transforms(proposals[0]) if len(proposals) == 1 else None


def chosen_transforms(proposal: Proposal) -> Transforms | None:
    """Return what one answered proposal settles; None where it still leaves a choice."""
    if any(len(names) > 1 for names in proposal.transforms().values()):
        return None
    first = {kind: names[0] if names else None for kind, names in proposal.transforms().items()}
    cipher, group = first[transforms.ENCRYPTION], first[transforms.KEY_EXCHANGE]
    return Transforms(
        encryption=cipher,
        key_bits=transforms.key_bits(cipher) if cipher else None,
        integrity=first[transforms.INTEGRITY],
        prf=first[transforms.PRF],
        dh_group=transforms.group_number(group) if group else None,
    )


def _failed_child(state: NegotiationState, failure: Event | None) -> bool:
    return failure is not None and state.up


def _from_events(state: NegotiationState, failure: Event | None, child_up: Event | None) -> ChildSa:
    event = child_up or failure
    assert event is not None  # noqa: S101 - the caller asks only where one of them is
    up = child_up is not None
    return ChildSa(id="C1", line=event.line, state="up" if up else "failed", started_at=event.time)


def _with_spis(state: NegotiationState, children: list[ChildSa]) -> list[ChildSa]:
    """Give Child SAs the SPIs, proxies and lifetimes that `IPSEC(create_sa)` prints: one block a direction."""
    children = list(children)
    for event in state.events:
        if event.kind != "child_sa_created":
            continue
        side = _direction(state, event)
        spi = event.fields.get("esp_spi")
        if side is None or not isinstance(spi, str):
            continue
        index = next((i for i, c in enumerate(children) if c.state == "up" and getattr(c, side) is None), None)
        if index is None:
            children.append(ChildSa(id="", line=event.line, protocol="esp", state="up", started_at=event.time))
            index = len(children) - 1
        children[index] = _told_by_ipsec(replace(children[index], **{side: spi}), event)  # type: ignore[arg-type]
    return children


def _direction(state: NegotiationState, event: Event) -> str | None:
    address = event.fields.get("address")
    if state.remote is not None and address == state.remote.address:
        return "outbound_spi"
    if state.local is not None and address == state.local.address:
        return "inbound_spi"
    return None


def _told_by_ipsec(child: ChildSa, event: Event) -> ChildSa:
    fields = event.fields
    local, remote = fields.get("local_proxy"), fields.get("remote_proxy")
    seconds, kilobytes = fields.get("seconds"), fields.get("kilobytes")
    return replace(
        child,
        local_selectors=child.local_selectors or ((local,) if isinstance(local, TrafficSelector) else ()),
        remote_selectors=child.remote_selectors or ((remote,) if isinstance(remote, TrafficSelector) else ()),
        lifetime_s=seconds if isinstance(seconds, int) else child.lifetime_s,
        lifetime_kb=kilobytes if isinstance(kilobytes, int) else child.lifetime_kb,
    )


def _with_ends(state: NegotiationState, children: list[ChildSa]) -> list[ChildSa]:
    """Mark the Child SAs that were replaced or deleted."""
    replaced = {child.rekeyed_from for child in children if child.state == "up"}
    children = [replace(c, state="rekeyed") if c.id in replaced and c.state == "up" else c for c in children]
    for event in state.events:
        if event.kind not in ("child_delete_sent", "child_delete_received"):
            continue
        spi = event.fields.get("esp_spi")
        for i, child in enumerate(children):
            if spi is not None and spi in (child.inbound_spi, child.outbound_spi):
                state_now = child.state if child.state == "rekeyed" else "deleted"
                children[i] = replace(child, state=state_now, ended_at=child.ended_at or event.time)
    return children
