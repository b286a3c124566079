"""IKE302: the networks that one end asks for are not those that the other expects."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import crypto_acl_commands, platforms
from ikelog.diagnosis.compare import (
    Selectors,
    is_anything,
    network_words,
    networks,
    route_based_words,
    selector_difference,
)
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.refused_child import (
    ENTRY,
    REFUSED_CHILD,
    KnownSelectors,
    RefusedChild,
    asked_for,
    nearest_selectors,
    refused_children,
)
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.selectors_refused import SelectorsRefused, selectors_refused
from ikelog.diagnosis.types import Fix


def find(log: Log) -> Iterator[Match]:
    """Find Child SAs that were refused for their traffic selectors, here or by the peer."""
    known: KnownSelectors | None = None
    for child in refused_children(log):
        refused = selectors_refused(child)
        if refused:
            known = known or KnownSelectors(log)
            yield _match(child, known, refused)


def _match(child: RefusedChild, known: KnownSelectors, refused: SelectorsRefused) -> Match:
    negotiation, wanted = child.negotiation, asked_for(child)
    compared = nearest_selectors(child, known)
    difference = route_based_words(wanted, here=child.asked_here) if wanted else ""
    if compared:
        difference = selector_difference(compared[0], compared[1])
    return Match(
        (negotiation,),
        sorted(refused.evidence, key=lambda place: place.line)[:3],
        _said(negotiation, wanted, refused.entry, refused_here=not refused.by_peer)
        + (f": {difference}." if difference else "."),
        certainty="observed" if refused.sure else "inferred",
        alternatives=refused.others,
        comparison=(compared[2],) if compared else None,
        fix=_fix(negotiation.platform, wanted, refused.entry),
    )


def _said(negotiation: Negotiation, wanted: Selectors | None, entry: str, *, refused_here: bool) -> str:
    who = peer(negotiation, "The peer")
    if wanted is None:
        asks = "asks for networks that no policy of this device covers"
        return f"{who} {asks if refused_here else 'refuses the networks that this device asks for'}"
    asked = f"{', '.join(network_words(wanted.local))} here and {', '.join(network_words(wanted.remote))} there"
    if refused_here:
        tried = "" if entry == ENTRY else f" (crypto map {entry} does not)"
        return f"{who} asks for {asked}, and no policy of this device covers that{tried}"
    return f"{who} refuses the traffic selectors that this device asks for, {asked}"


def _fix(platform: str | None, wanted: Selectors | None, entry: str) -> tuple[Fix, ...]:
    if wanted and is_anything(wanted):
        return _one_style(platform)
    ours = (networks(wanted.local) if wanted else None) or ()
    theirs = (networks(wanted.remote) if wanted else None) or ()
    why = "where that is the traffic that both ends mean, or else:"
    return (
        *(Fix(name, crypto_acl_commands(name, ours, theirs, entry), why) for name in platforms(platform)),
        Fix("peer", (), "make its list the mirror image of the one here: the same networks, the two sides exchanged"),
    )


def _one_style(platform: str | None) -> tuple[Fix, ...]:
    """Return how to make both ends route-based, or both policy-based: a list of `any any` would encrypt everything."""
    route = ("interface Tunnel<n>", " tunnel mode ipsec ipv4", " tunnel protection ipsec profile <profile>")
    why = "a route-based end of its own on the side that names networks, or else:"
    return (
        *(Fix(name, route, why) for name in platforms(platform)),
        Fix("peer", (), "name the networks on the side that asks for 0.0.0.0/0, as its policy-based opposite does"),
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
    needs=REFUSED_CHILD,
    fix=_fix(None, None, ENTRY),
    looks_like=(
        "IKEv2-PLAT-2: (5): Crypto Map: No proxy match on map VPN_MAP seq 10",
        "IKEv2:(SESSION ID = 5,SA ID = 1):There was no IPSEC policy found for received TS",
        "NOTIFY(TS_UNACCEPTABLE)",
        "ISAKMP:(1004): IPSec policy invalidated proposal with error 32",
        "Rejecting IPSec tunnel: no matching crypto map entry for remote proxy 10.7.0.0/255.255.0.0/0/0 local proxy "
        "10.30.0.0/255.255.0.0/0/0 on interface outside",
    ),
    mistaken_for="a proposal mismatch: an ASA answers NO_PROPOSAL_CHOSEN for it and prints an empty list of expected "
    "policies. An entry without a match that stands before one that matches is harmless",
    references=("RFC 7296 section 2.9", "RFC 7296 section 3.13", "RFC 2409 section 5.5"),
    sample="asa-traffic-selector-mismatch.log",
)
