"""The Child SAs of an IKE SA: asked for in messages, named by IPSEC lines, deleted by SPI."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from ikelog.correlation.child import Child
from ikelog.correlation.gathered import Gathered
from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.correlation.types import Decided, Transforms
from ikelog.events.types import Event, Proposal, TrafficSelector, Value
from ikelog.terms import transforms
from ikelog.terms.notifies import CHILD_SA_ERRORS, is_error

_Selectors = tuple[TrafficSelector, ...]


def build_children(gathered: Gathered, decided: Decided) -> list[Child]:
    """Return the Child SAs in the order in which they were asked for."""
    children = _asked_for(gathered)
    shows = decided.child_up or (decided.failure if gathered.state.up else None)
    if not children and gathered.state.rekeyed_from is None and shows is not None:
        children.append(Child(shows.line, shows, "up" if decided.child_up is not None else "failed"))
    _take_spis(gathered, children)
    _take_ends(gathered, children)
    return children


def _asked_for(gathered: Gathered) -> list[Child]:
    """Return the Child SAs that messages ask for, each with its answer, if there is one."""
    answers = {id(m.answers): m for m in gathered.messages if m.answers is not None}
    children: list[Child] = []
    up: Child | None = None
    for request in gathered.messages:
        if request.response is False and request.exchange in ("IKE_AUTH", "CREATE_CHILD_SA"):
            child = _from_messages(request, answers.get(id(request)))
            if child is not None:
                child.replaces = up if "REKEY_SA" in request.notifies else None
                up = child if child.state == "up" else up
                children.append(child)
    return children


def _from_messages(request: MessageState, answer: MessageState | None) -> Child | None:
    shown = "TSi" in request.payloads or (answer is not None and "TSi" in answer.payloads)
    refused = answer is not None and not CHILD_SA_ERRORS.isdisjoint(answer.notifies)
    if not shown and not (refused and (request.exchange == "IKE_AUTH" or "SA" not in request.payloads)):
        return None
    up = answer is not None and "TSi" in answer.payloads and not any(map(is_error, answer.notifies))
    child = Child(
        request.line, request.first, "up" if up else "failed" if refused else None, _protocol(request) or "esp"
    )
    child.local, child.remote = _sides(request, answer)
    child.mode = "transport" if answer is not None and "USE_TRANSPORT_MODE" in answer.notifies else None
    child.transforms = _negotiated(answer) if up else None
    child.pfs_group = request.group if request.exchange == "CREATE_CHILD_SA" else None
    child.message_id = request.message_id
    return child


def _sides(request: MessageState, answer: MessageState | None) -> tuple[_Selectors, _Selectors]:
    """Return local and remote selectors: TSi is the side of the end that asked (RFC 7296 section 2.9)."""
    chosen = answer if answer is not None and answer.tsi else request if request.tsi else None
    if chosen is None:
        return (), ()
    return (chosen.tsi, chosen.tsr) if request.direction == "sent" else (chosen.tsr, chosen.tsi)


def _protocol(message: MessageState) -> str | None:
    return next((p.protocol for p in message.proposals if p.protocol in ("esp", "ah")), None)


def _negotiated(answer: MessageState | None) -> Transforms | None:
    proposals = [p for p in answer.proposals if p.protocol in ("esp", "ah")] if answer else []
    return chosen_transforms(proposals[0]) if len(proposals) == 1 else None


def installed_transforms(event: Event) -> Transforms | None:
    """Return what an SA that IPsec created uses, by its transform set."""
    printed = event.fields.get("transform_set")
    return _of_set(printed) if isinstance(printed, str) else None


@lru_cache(maxsize=256)
def _of_set(printed: str) -> Transforms:
    cipher, bits, integrity = transforms.of_transform_set(printed)
    return Transforms(encryption=cipher, key_bits=bits, integrity=integrity)


def chosen_transforms(proposal: Proposal) -> Transforms | None:
    """Return what one answered proposal settles; None where it still leaves a choice."""
    return _chosen(proposal.encryption, proposal.integrity, proposal.prf, proposal.key_exchange, proposal.esn)


@lru_cache(maxsize=1024)
def _chosen(*sets: tuple[str, ...]) -> Transforms | None:
    if any(len(names) > 1 for names in sets):
        return None
    cipher, integrity, prf, group, _ = (names[0] if names else None for names in sets)
    return Transforms(
        encryption=cipher,
        key_bits=transforms.key_bits(cipher) if cipher else None,
        integrity=integrity,
        prf=prf,
        dh_group=transforms.group_number(group) if group else None,
    )


def _take_spis(gathered: Gathered, children: list[Child]) -> None:
    """Give Child SAs the SPIs, proxies and lifetimes that `IPSEC(create_sa)` prints: one block a direction."""
    places = {"inbound_spi": 0, "outbound_spi": 0}
    for event in gathered.events.of("child_sa_created"):
        side = _direction(gathered.state, event)
        spi = event.fields.get("esp_spi")
        if side is None or not isinstance(spi, str):
            continue
        place = places[side]
        while place < len(children) and (children[place].state != "up" or getattr(children[place], side) is not None):
            place += 1
        if place == len(children):
            children.append(Child(event.line, event, "up", protocol="esp"))
        places[side] = place + 1
        setattr(children[place], side, spi)
        _take_ipsec(children[place], event)


def _direction(state: NegotiationState, event: Event) -> Literal["inbound_spi", "outbound_spi"] | None:
    address = event.fields.get("address")
    if state.remote is not None and address == state.remote.address:
        return "outbound_spi"
    if state.local is not None and address == state.local.address:
        return "inbound_spi"
    return None


def _take_ipsec(child: Child, event: Event) -> None:
    fields = event.fields
    local, remote = fields.get("local_proxy"), fields.get("remote_proxy")
    seconds, kilobytes = fields.get("seconds"), fields.get("kilobytes")
    child.local = child.local or ((local,) if isinstance(local, TrafficSelector) else ())
    child.remote = child.remote or ((remote,) if isinstance(remote, TrafficSelector) else ())
    child.transforms = child.transforms or installed_transforms(event)
    child.lifetime_s = seconds if isinstance(seconds, int) else child.lifetime_s
    child.lifetime_kb = kilobytes if isinstance(kilobytes, int) else child.lifetime_kb


def _take_ends(gathered: Gathered, children: list[Child]) -> None:
    """Mark the Child SAs that were replaced or deleted."""
    replaced = [child.replaces for child in children if child.replaces is not None and child.state == "up"]
    for child in replaced:
        child.state = "rekeyed"
    deletes = gathered.events.of("child_delete_sent", "child_delete_received")
    if not deletes:
        return
    by_spi = _by_spi(children)
    for event in deletes:
        for child in by_spi.get(event.fields.get("esp_spi"), ()):
            child.state = child.state if child.state == "rekeyed" else "deleted"
            if child.ended is None or child.ended.time is None:
                child.ended = event


def _by_spi(children: Iterable[Child]) -> dict[Value | None, list[Child]]:
    by_spi: dict[Value | None, list[Child]] = {}
    for child in children:
        for spi in {child.inbound_spi, child.outbound_spi} - {None}:
            by_spi.setdefault(spi, []).append(child)
    return by_spi
