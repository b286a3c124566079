"""The IPsec SAs that Quick Mode made or that were refused: one for each message ID (RFC 2409 section 5.5)."""

from collections.abc import Iterable, Sequence

from ikelog.correlation.child import Child, State
from ikelog.correlation.children import installed_transforms
from ikelog.correlation.gathered import Gathered
from ikelog.correlation.ikev1 import kinds
from ikelog.correlation.ikev1.attributes import checked_transforms, encapsulation, transforms_of
from ikelog.correlation.ikev1.outcome import is_child_refusal, notify_key
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Decided
from ikelog.events.types import Event, TrafficSelector, Value

# These refuse one proposal of several: the next one may fit.
_OF_ONE_PROPOSAL = frozenset({"child_proposal_invalidated", "proxies_refused"})
# The first line of a Quick Mode's end, good or bad, decides about it.
_COMPLETE = ("child_sa_completed", "child_sa_installed", "child_sas_creating", "child_sa_negotiated")


def build_ikev1_children(gathered: Gathered, decided: Decided) -> list[Child]:
    """Return the IPsec SAs in the order in which their Quick Modes began."""
    stretches = list(_stretches(gathered))
    children = [_child(gathered.state, node, events) for node, events in stretches]
    if not children and decided.child_up is not None:
        children.append(Child(decided.child_up.line, decided.child_up, "up", "esp"))
    if decided.ike_up is not None and decided.failure is not None and not any(c.state == "failed" for c in children):
        children.append(Child(decided.failure.line, decided.failure, "failed", "esp"))
    return children


def _stretches(gathered: Gathered) -> Iterable[tuple[int | None, Sequence[Event]]]:
    """Yield the stretches of events from one Quick Mode's first line to the next one's, each with its message ID."""
    begins = _begins(gathered)
    events = gathered.events
    for n, (place, node) in enumerate(begins):
        end = begins[n + 1][0] if n + 1 < len(begins) else len(events)
        yield node, events[place:end]


def _begins(gathered: Gathered) -> list[tuple[int, int | None]]:
    """Return where each Quick Mode begins: at its first message, else at its first line."""
    first: dict[int | None, int] = {}
    lines = {m.first.line: m.message_id for m in gathered.messages if m.exchange == "QUICK_MODE" and m.step == "QM1"}
    for place, event in enumerate(gathered.events):
        if event.line in lines and event.kind in ("message_sent", "message_received"):
            first.setdefault(lines[event.line], place)
        elif event.kind in _STARTING:
            node = event.fields.get("node")
            begun = _refused_from(gathered.events, place) if event.kind == "quick_mode_failed" else place
            first.setdefault(node & 0xFFFFFFFF if isinstance(node, int) else None, begun)
    if not first:
        shown = [place for place, event in enumerate(gathered.events) if event.kind in kinds.QUICK_MODE]
        first = {None: shown[0]} if shown else {}
    elif len(first) > 1:
        first.pop(None, None)
    return sorted((place, node) for node, place in first.items())


_STARTING = frozenset({"quick_mode_started", "quick_mode_message", "quick_mode_failed", "child_sa_completed"})


def _refused_from(events: Sequence[Event], place: int) -> int:
    """Return where the lines begin that refuse a Quick Mode: an ASA names its message ID only in the last of them."""
    while place and _refuses_next(events[place - 1]):
        place -= 1
    return place


def _refuses_next(event: Event) -> bool:
    """Tell whether a line is of the refusal that the next line tells of too."""
    if event.kind == "quick_mode_failed":
        return False
    return event.kind.startswith("crypto_map_") or is_child_refusal(event) or _is_refusing_notify(event)


def _child(state: NegotiationState, node: int | None, events: Sequence[Event]) -> Child:
    child = Child(events[0].line, events[0], _state(events), "esp")
    child.message_id = node
    for checked in checked_transforms(events):
        if checked.purpose == "child" and checked.accepted is not False:
            child.transforms = transforms_of(checked)
            child.mode = encapsulation(checked.attributes)
            child.pfs_group = child.transforms.dh_group
            child.lifetime_s = child.transforms.lifetime_s
            kilobytes = checked.attributes.get("kilobytes")
            child.lifetime_kb = kilobytes if isinstance(kilobytes, int) else None
    _take_spis(state, child, events)
    _take_selectors(child, events)
    return child


def _state(events: Sequence[Event]) -> State | None:
    refused: State | None = None
    for event in events:
        done = event.kind in _COMPLETE or event.fields.get("new_state") in kinds.CHILD_UP_STATES
        if done or event.kind == "child_sa_created":
            return "up"
        if event.kind in _OF_ONE_PROPOSAL:
            refused = "failed"
        elif is_child_refusal(event) or _is_refusing_notify(event):
            return "failed"
    return refused


def _is_refusing_notify(event: Event) -> bool:
    return event.kind == "notify_received" and notify_key(str(event.fields.get("notify"))) in kinds.ERROR_NOTIFIES


def _take_spis(state: NegotiationState, child: Child, events: Iterable[Event]) -> None:
    for event in events:
        fields = event.fields
        if event.kind == "child_sa_negotiated":
            child.inbound_spi = _text(fields.get("inbound_esp_spi"))
            child.outbound_spi = _text(fields.get("outbound_esp_spi"))
        elif event.kind == "child_sa_installed" and child.inbound_spi is None:
            child.inbound_spi = _text(fields.get("esp_spi"))
        elif event.kind in ("child_sa_created", "child_sa_traffic") and fields.get("direction") in _SIDES:
            _take_spi(child, str(fields["direction"]), event)
        elif event.kind == "child_sa_created" and state.remote is not None:
            _take_spi(child, "outbound" if fields.get("address") == state.remote.address else "inbound", event)


_SIDES = ("inbound", "outbound")


def _take_spi(child: Child, side: str, event: Event) -> None:
    name, fields = f"{side}_spi", event.fields
    setattr(child, name, getattr(child, name) or _text(fields.get("esp_spi")))
    child.transforms = child.transforms or installed_transforms(event)
    seconds, kilobytes = fields.get("seconds"), fields.get("kilobytes")
    child.lifetime_s = child.lifetime_s or (seconds if isinstance(seconds, int) else None)
    child.lifetime_kb = child.lifetime_kb or (kilobytes if isinstance(kilobytes, int) else None)


def _take_selectors(child: Child, events: Iterable[Event]) -> None:
    for event in events:
        local, remote = event.fields.get("local_proxy"), event.fields.get("remote_proxy")
        child.local = child.local or ((local,) if isinstance(local, TrafficSelector) else ())
        child.remote = child.remote or ((remote,) if isinstance(remote, TrafficSelector) else ())


def _text(value: Value | None) -> str | None:
    return None if value is None else str(value)
