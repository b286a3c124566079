"""IKE302: the networks that one end asks for are not those that the other expects."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import crypto_acl_commands, platforms
from ikelog.diagnosis.compare import Selectors, network_words, networks, route_based_words, selector_difference
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.refused_child import (
    ANOTHERS,
    ENTRY,
    KnownSelectors,
    RefusedChild,
    asked_for,
    entry_name,
    nearest_selectors,
    refused_children,
    refused_entries,
)
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.terms import errors

_REFUSED = ("selectors_refused", "proxies_refused")


def find(log: Log) -> Iterator[Match]:
    """Find Child SAs that were refused for their traffic selectors, here or by the peer."""
    known: KnownSelectors | None = None
    for child in refused_children(log):
        entries, sure = refused_entries(child)
        unmatched = [entry for entry in entries if entry.kind == "crypto_map_unmatched"]
        here: list[Lined] = [*child.events(*_REFUSED), *child.errors(errors.NO_POLICY_FOR_TS)]
        here += [*(unmatched if sure else []), *_refusals(child, "sent")]
        by_peer = _refusals(child, "received")
        near: list[Lined] = [*unmatched, *child.nearby(*_REFUSED)]
        evidence = here or by_peer or near
        if evidence:
            known = known or KnownSelectors(log)
            entry = entry_name(unmatched[-1]) if unmatched else ENTRY
            yield _match(child, known, evidence, entry, sure=bool(here or by_peer))


def _refusals(child: RefusedChild, direction: str) -> list[Lined]:
    return child.notify_lines("TS_UNACCEPTABLE", child.notified("TS_UNACCEPTABLE", direction))


def _match(child: RefusedChild, known: KnownSelectors, evidence: list[Lined], entry: str, *, sure: bool) -> Match:
    negotiation, wanted = child.negotiation, asked_for(child)
    compared = nearest_selectors(child, known)
    difference = route_based_words(wanted, here=child.asked_here) if wanted else ""
    if compared:
        difference = selector_difference(compared[0], compared[1])
    return Match(
        (negotiation,),
        sorted(evidence, key=lambda place: place.line)[:3],
        _said(negotiation, wanted, entry, refused_here=not child.asked_here)
        + (f": {difference}." if difference else "."),
        certainty="observed" if sure else "inferred",
        alternatives=() if sure else (ANOTHERS,),
        comparison=(compared[2],) if compared else None,
        fix=_fix(negotiation.platform, wanted, entry),
    )


def _said(negotiation: Negotiation, wanted: Selectors | None, entry: str, *, refused_here: bool) -> str:
    who, asked = peer(negotiation, "The peer"), "networks"
    if wanted:
        asked = f"{', '.join(network_words(wanted.local))} here and {', '.join(network_words(wanted.remote))} there"
    if refused_here:
        tried = "" if entry == ENTRY else f" (crypto map {entry} does not)"
        return f"{who} asks for {asked}, and no policy of this device covers that{tried}"
    return f"{who} refuses the traffic selectors that this device asks for, {asked}"


def _fix(platform: str | None, wanted: Selectors | None, entry: str) -> tuple[Fix, ...]:
    ours = (networks(wanted.local) if wanted else None) or ()
    theirs = (networks(wanted.remote) if wanted else None) or ()
    why = "where that is the traffic that both ends mean, or else:"
    return (
        *(Fix(name, crypto_acl_commands(name, ours, theirs, entry), why) for name in platforms(platform)),
        Fix("peer", (), "make its list the mirror image of the one here: the same networks, the two sides exchanged"),
    )


RULE = Rule(
    code="IKE302",
    name="traffic-selector-mismatch",
    severity="error",
    title="The two ends do not mean the same networks",
    side="both",
    rank=Rank.CAUSE,
    meaning="The Child SA was refused for its traffic selectors: the crypto ACLs (proxy identities) are not mirror "
    "images, or one end is route-based (0.0.0.0/0 both ways) and the other policy-based.",
    find=find,
    fix=_fix(None, None, ENTRY),
    looks_like=(
        "IKEv2-PLAT-2: (5): Crypto Map: No proxy match on map VPN_MAP seq 10",
        "IKEv2:(SESSION ID = 5,SA ID = 1):There was no IPSEC policy found for received TS",
        "NOTIFY(TS_UNACCEPTABLE)",
    ),
    mistaken_for="a proposal mismatch: an ASA answers NO_PROPOSAL_CHOSEN for it and prints an empty list of expected "
    "policies. An entry without a match that stands before one that matches is harmless",
    references=("RFC 7296 section 2.9", "RFC 7296 section 3.13"),
    sample="asa-traffic-selector-mismatch.log",
)
