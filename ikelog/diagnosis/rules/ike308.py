"""IKE308: both ends agreed on a Child SA, and the device could not install it."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_INSTALLED = "child_sa_installed"
_TOLD = (_INSTALLED, "child_setup_failed", "child_sa_not_loaded")


def find(log: Log) -> Iterator[Match]:
    """Find Child SAs that the platform refused to create, in negotiations and as syslog tells them."""
    for negotiation in log.negotiations:
        failed = [event for event in events(negotiation, *_TOLD) if _is_failure(event)]
        if failed:
            who = peer(negotiation, "the peer")
            yield Match((negotiation,), failed[:3], _said(failed[0], who), fix=_fix(negotiation))
    lone = [event for event in log.of_none.of(*_TOLD) if _is_failure(event)]
    if lone:
        yield Match((), lone[:3], _said(lone[0], str(lone[0].fields.get("destination_address", "a peer"))))


def _is_failure(event: Event) -> bool:
    """Tell whether an SA was not created; IOS's SETUP_FAILURE stands for any reason, mostly a refusal."""
    if event.kind == _INSTALLED:
        return event.fields.get("result") == "failed"
    return event.platform != "ios"


def _said(event: Event, who: str) -> str:
    reason = event.fields.get("reason")
    told = f": {reason}" if reason else "; the log gives no reason"
    return f"The two ends agreed on a Child SA with {who}, and this device could not create it{told}."


def _fix(negotiation: Negotiation | None) -> tuple[Fix, ...]:
    return for_device(
        negotiation,
        Fix("ios", ("show crypto eli", "show logging"), "is the crypto engine full, or does it lack this algorithm?"),
        Fix("asa", ("show resource usage", "show crypto accelerator statistics"), "are SAs or memory used up?"),
        Fix("peer", (), "nothing: the fault is here, and starting again may do where it was a passing shortage"),
    )


RULE = Rule(
    code="IKE308",
    name="child-sa-install-failed",
    severity="error",
    title="The device could not install the Child SA",
    side="local",
    rank=Rank.CAUSE,
    meaning="The negotiation was over and good. Then IPsec, the part of the device that encrypts, could not create the "
    "SA: its tables or memory are full, or the hardware lacks the algorithm.",
    find=find,
    needs=_TOLD,
    fix=_fix(None),
    looks_like=(
        "IKEv2:(SA ID = 1):[IPsec -> IKEv2] Creation of IPsec SA into IPsec database FAILED",
        "%ASA-3-602305: IPSEC: SA creation error, source 192.0.2.30, destination 198.51.100.7, reason <reason>",
    ),
    mistaken_for="IKE301: nothing was refused by the peer. It has not been seen in a real log yet",
    references=("RFC 7296 section 1.2", "RFC 7296 section 2.21.3"),
    sample="iosxe-child-install-failed.log",
)
