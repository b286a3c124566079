"""What of a negotiation and of a Child SA is compared: neither SPIs, times, ports, lines nor message IDs."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ikelog.correlation.types import ChildSa, Message, Negotiation, Offer, Transforms
from ikelog.diff.types import Value
from ikelog.record import fields
from ikelog.reporting.selectors import selector_text

Aspects = dict[str, Value]

# A verdict that is not there is one: all went well. Of all else None means that the log does not tell.
TOLD_BY_ABSENCE = frozenset({"verdict"})


class Told(NamedTuple):
    """A message as text: which one it is, and what was in it, empty where the log does not tell."""

    head: str
    contents: str


_LIVENESS = frozenset({"R_U_THERE", "R_U_THERE_ACK", "DPD/R_U_THERE", "DPD/R_U_THERE_ACK"})
# What says nothing: the name of the encrypted envelope, and RFC 2408's name of what is in each notify.
_WRAPPING = frozenset({"ENCR", "HDR", "HASH", "SKF", "N", "NOTIFY", "NONE"})


def negotiation_aspects(negotiation: Negotiation) -> Aspects:
    """Return what is compared of an IKE SA, in the order in which it is shown."""
    plain: Aspects = {name: getattr(negotiation, name) for name in ("outcome", "verdict", "role", "ike_version")}
    return {
        **plain,
        "mode": negotiation.mode,
        "closed": negotiation.closed.by if negotiation.closed else None,
        "vpn_style": negotiation.vpn_style,
        **_ends(negotiation),
        **_fields("vrf", negotiation.vrf),
        **_fields("configuration", negotiation.configuration),
        **_fields("authentication", negotiation.authentication),
        **_remote_access(negotiation),
        **_transforms("transforms", negotiation.transforms),
        **_fields("nat", negotiation.nat),
    }


def child_aspects(child: ChildSa) -> Aspects:
    """Return what is compared of a Child SA."""
    return {
        "state": child.state,
        "verdict": child.verdict,
        "local_selectors": _selectors(child, local=True),
        "remote_selectors": _selectors(child, local=False),
        "protocol": child.protocol,
        "mode": child.mode,
        **_transforms("transforms", child.transforms),
        "pfs_group": child.pfs_group,
        "lifetime_s": child.lifetime_s,
        "lifetime_kb": child.lifetime_kb,
    }


def child_text(child: ChildSa) -> str:
    """Return the name of a Child SA for people: the networks that it joins."""
    local, remote = _selectors(child, local=True), _selectors(child, local=False)
    if not local and not remote:
        return "selectors not known"
    return " ⇄ ".join(", ".join(side) if side else "?" for side in (local or (), remote or ()))


def offers(negotiation: Negotiation) -> dict[str, tuple[str, ...]]:
    """Return the proposals by who made them and for what, `proposals.sent.ike`; each once, in order."""
    found: dict[str, dict[str, None]] = {}
    for offer in negotiation.proposals:
        found.setdefault(f"proposals.{offer.direction}.{offer.purpose}", {})[_offer(offer)] = None
    return {key: tuple(texts) for key, texts in found.items()}


def told_messages(negotiation: Negotiation) -> list[Told]:
    """Return the messages in order, without liveness checks: the longer the log, the more of them."""
    return [_message(message) for message in negotiation.messages if not _is_liveness(message)]


def retransmissions(negotiation: Negotiation) -> Counter[str]:
    """Return how often the messages of each kind were repeated, `sent IKE_SA_INIT`."""
    found: Counter[str] = Counter()
    for message in negotiation.messages:
        if message.repeats:
            found[f"{message.direction} {message.exchange}"] += len(message.repeats)
    return found


def _ends(negotiation: Negotiation) -> Aspects:
    return {
        f"{side}.{name}": getattr(end, name)
        for side, end in (("local", negotiation.local), ("remote", negotiation.remote))
        for name in ("address", "identity", "identity_type")
    }


def _fields(key: str, value: object) -> Aspects:
    return {f"{key}.{name}": getattr(value, name) for name in fields(value)}


def _remote_access(negotiation: Negotiation) -> Aspects:
    """Return the user and how he proved it; the address comes out of a pool and differs each time."""
    found = negotiation.remote_access
    return {f"remote_access.{name}": getattr(found, name) if found else None for name in ("user", "eap_method")}


def _transforms(key: str, found: Transforms | None) -> Aspects:
    aspects = _fields(key, found or Transforms())
    if not (found and found.encryption):  # where the algorithms are known it is known too that there are no more
        aspects[f"{key}.additional_key_exchanges"] = None
    return aspects


def _selectors(child: ChildSa, *, local: bool) -> tuple[str, ...] | None:
    selectors = child.local_selectors if local else child.remote_selectors
    return tuple(sorted(map(selector_text, selectors))) or None


def _offer(offer: Offer) -> str:
    sets = (", ".join(names) for names in offer.proposal.transforms().values() if names)
    return " / ".join((*([offer.proposal.protocol] if offer.proposal.protocol else []), *sets))


def _message(message: Message) -> Told:
    kind = message.step or message.exchange
    what = {True: " response", False: " request", None: ""}[message.response] if not message.step else ""
    fragments = f" in {message.fragments.of} fragments" if message.fragments else ""
    return Told(f"{message.direction} {kind}{what}{fragments}", " ".join(_contents(message)))


def _contents(message: Message) -> Iterator[str]:
    """Yield the payloads, alike ones in a row as `VID×4`, then the notifies."""
    counted: list[tuple[str, int]] = []
    for payload in message.payloads:
        if payload in _WRAPPING or payload.startswith("NOTIFY("):
            continue
        number = counted.pop()[1] if counted and counted[-1][0] == payload else 0
        counted.append((payload, number + 1))
    yield from (name if number == 1 else f"{name}×{number}" for name, number in counted)
    yield from message.notifies


def _is_liveness(message: Message) -> bool:
    """Tell whether a message only asks, or answers, whether the other end is alive (RFC 7296 2.4, RFC 3706)."""
    if message.exchange != "INFORMATIONAL":
        return False
    payloads = [payload for payload in message.payloads if payload not in _WRAPPING and "NOTIFY(" not in payload]
    return not payloads and all(name in _LIVENESS for name in message.notifies)
