"""IKE303: the crypto map entry lacks something, or is another peer's."""

from collections.abc import Iterator
from itertools import chain, pairwise

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.crypto_maps import map_fixes
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.refused_child import (
    ANOTHERS,
    REFUSED_CHILD,
    RefusedChild,
    entry_name,
    refused_children,
    refused_entries,
)
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative
from ikelog.events.types import Event

_UNMATCHED = Alternative("IKE302", "another entry was tried as well, and its networks did not match")
_TUNNEL_GROUP = Alternative("IKE218", "it may be the tunnel group that is missing: the message names both")
_TIMING = Alternative("IKE302", "the crypto ACL may have been changed a moment before: then it does not come again")
_NO_VERSION = {"ikev2_not_configured", "ikev1_not_configured"}
# Traffic asked for a tunnel, and an ASA that speaks IKEv1 found no entry, or none with a peer, for it.
_NOT_BEGUN = ("initiator_policy_missing", "peer_address_missing")
# What the Tunnel Manager says names a crypto map entry, never an IKE SA.
_MANAGER = (*_NO_VERSION, "acquire_dispatched", "acquire_failed", "tunnel_attempt_failed", "tunnel_manager_failed")


def find(log: Log) -> Iterator[Match]:
    """Find crypto map entries that did not serve: tried for a peer's request, or for a start of this device."""
    for child in refused_children(log):
        yield from _tried(child)
    of_negotiations = chain.from_iterable(events(n, *_MANAGER) for n in log.negotiations)
    manager = sorted(chain(log.of_none.of(*_MANAGER), of_negotiations), key=lambda e: (e.source, e.line))
    for before, event in pairwise(manager):
        if {before.kind, event.kind} == _NO_VERSION and before.source == event.source:
            yield _without_version(manager, before, event)
    yield from (_not_dispatched(event) for event in manager if event.kind == "acquire_failed")
    yield from (_not_begun((), event) for event in log.of_none.of(*_NOT_BEGUN))
    yield from (_not_begun((n,), event) for n in log.negotiations for event in events(n, *_NOT_BEGUN))


def _tried(child: RefusedChild) -> Iterator[Match]:
    entries, sure = refused_entries(child)
    faulty = [entry for entry in entries if entry.kind != "crypto_map_unmatched"]
    incomplete = [entry for entry in faulty if entry.kind == "crypto_map_incomplete"]
    evidence = incomplete or faulty or child.events("peer_address_unknown")
    if not evidence:
        return
    negotiation, unmatched = child.negotiation, len(faulty) < len(entries)
    yield Match(
        (negotiation,),
        [*evidence[:3], *child.events("policies_expected")[:1]],
        _said(peer(negotiation, "the peer"), evidence),
        certainty="observed" if (sure or not entries) and not unmatched else "inferred",
        alternatives=(*((_UNMATCHED,) if unmatched else ()), *(() if sure or not entries else (ANOTHERS,))),
        fix=map_fixes(negotiation.platform, evidence[-1], peer(negotiation), negotiation.ike_version),
    )


def _said(who: str, evidence: list[Event]) -> str:
    names = ", ".join(dict.fromkeys(entry_name(e) for e in evidence if "crypto_map" in e.fields))
    missing = evidence[-1].fields.get("missing")
    if missing:
        return f"The crypto map entry {names} is incomplete ({missing}), so the Child SA with {who} was refused."
    entry = f" ({names} is for another)" if names else ""
    return f"No crypto map entry of this device is for the peer {who}{entry}, so its Child SA was refused."


def _without_version(manager: list[Event], before: Event, event: Event) -> Match:
    """Tell of 752010 and 752011 side by side; they do not name the entry, the lines around them do."""
    named = [e for e in manager if "crypto_map" in e.fields and e.source == event.source]
    nearest = min(named, key=lambda e: abs(e.line - event.line), default=event)
    name = "A crypto map entry" if nearest is event else f"The crypto map entry {entry_name(nearest)}"
    said = f"{name} has neither an IKEv2 proposal nor an IKEv1 transform set."
    return Match((), [before, event], said, fix=map_fixes("asa", nearest, "<peer-address>"))


def _not_dispatched(event: Event) -> Match:
    said = f"The Tunnel Manager could not start a tunnel for crypto map {entry_name(event)}: probably misconfigured."
    fix = map_fixes("asa", event, "<peer-address>")
    return Match((), [event], said, certainty="inferred", alternatives=(_TUNNEL_GROUP,), fix=fix)


def _not_begun(negotiations: tuple[Negotiation, ...], event: Event) -> Match:
    place, fix = event.fields.get("destination_address"), map_fixes("asa", event, "<peer-address>", 1)
    if event.kind == "peer_address_missing":
        said = f"No crypto map entry names a peer for traffic to {place}, so that no tunnel was started."
        return Match(negotiations, [event], said, fix=fix)
    said = f"Traffic to {place} asked for a tunnel, and no crypto map entry was found for it."
    return Match(negotiations, [event], said, certainty="inferred", alternatives=(_TIMING,), fix=fix)


RULE = Rule(
    code="IKE303",
    name="crypto-map-incomplete",
    severity="error",
    title="The crypto map entry is incomplete, or is for another peer",
    side="local",
    rank=Rank.CAUSE,
    meaning="The device knows the peer and has no crypto map entry that serves it: the entry lacks its ACL, peer or "
    "proposal, or names another peer. The list of expected policies is then empty, and NO_PROPOSAL_CHOSEN goes out.",
    find=find,
    needs=(*REFUSED_CHILD, *_MANAGER, *_NOT_BEGUN),
    fix=map_fixes(None, None, "<peer-address>"),
    looks_like=(
        "IKEv2-PLAT-3: Crypto map VPN_MAP seq 10 is incomplete due to missing ACL",
        "IKEv2-PLAT-2: (4): Crypto map VPN_MAP seq 20  peer doesn't match map entry",
        "%ASA-4-752010: IKEv2 Doesn't have a proposal specified",
    ),
    mistaken_for="a proposal mismatch, whose sentence is printed around the empty list. An entry tried before one that "
    "matches is harmless, and so is 752010 alone where IKEv1 is in use",
    references=("RFC 7296 section 2.9", "RFC 7296 section 2.21.2"),
    sample="asa-crypto-map-incomplete.log",
)
