"""IKE109: one end speaks only the other version of IKE."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.evidence import head, notify_lines
from ikelog.diagnosis.facts import IKEV1_FAILED, answered, events, failures, notified, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.ikev1_refusals import notify_name
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix

_NOTIFY = "INVALID_MAJOR_VERSION"
_FIRST = ("IKE_SA_INIT", "MAIN_MODE", "AGGRESSIVE_MODE")
_SILENT = Alternative("IKE101", "the path may drop our requests, and the peer's version be of no account")


def find(log: Log) -> Iterator[Match]:
    """Find a version that was refused, and two ends that each start with another one."""
    begun: dict[tuple[object, ...], Negotiation] = {}
    for negotiation in failures(log.negotiations):
        if negotiation.role == "responder" and not negotiation.ike_up:
            begun.setdefault((negotiation.device, negotiation.remote.address, negotiation.ike_version), negotiation)
    for negotiation in failures(log.negotiations):
        told = notify_lines(negotiation, _NOTIFY, notified(negotiation, _NOTIFY))
        told += [e for e in events(negotiation, "notify_received") if notify_name(e) == _NOTIFY]
        if told and not negotiation.ike_up:
            sent = bool(notified(negotiation, _NOTIFY, "sent"))
            who = "This device" if sent else peer(negotiation, "The peer")
            text = f"{who} refuses IKEv{negotiation.ike_version} ({_NOTIFY}): it speaks another version of IKE."
            yield Match((negotiation,), told[:2], text, fix=_fix(negotiation))
        elif negotiation.role == "initiator" and _unanswered(negotiation):
            key = (negotiation.device, negotiation.remote.address, 3 - negotiation.ike_version)
            if negotiation.remote.address and key in begun:
                yield from _crossed(negotiation, begun[key])


def _unanswered(negotiation: Negotiation) -> bool:
    received = any(m.direction == "received" for m in negotiation.messages)
    return bool(negotiation.messages) and not negotiation.ike_up and not received and not answered(negotiation)


def _crossed(ours: Negotiation, theirs: Negotiation) -> Iterator[Match]:
    """Find what the peer began by the other version while it did not answer ours."""
    first = next((m for m in theirs.messages if m.direction == "received" and m.exchange in _FIRST), None)
    if first is not None:
        evidence: list[Lined] = [head(ours.messages[0]), head(first)]
        text = f"This device starts with IKEv{ours.ike_version} and gets no answer; {peer(theirs)} itself starts with "
        text += f"IKEv{theirs.ike_version}, which this device does not accept: each end is set to another version."
        yield Match((ours,), evidence, text, "inferred", alternatives=(_SILENT,), fix=_fix(ours))


def _fix(negotiation: Negotiation | None = None) -> tuple[Fix, ...]:
    address = peer(negotiation) if negotiation else "<peer-address>"
    ios = ("crypto map <map> <sequence> ipsec-isakmp", " set ikev2-profile <profile>")
    asa = (
        "crypto map <map> <sequence> set ikev2 ipsec-proposal <proposal>",
        f"tunnel-group {address} ipsec-attributes",
        " ikev2 remote-authentication pre-shared-key <key>",
        " ikev2 local-authentication pre-shared-key <key>",
    )
    return for_device(
        negotiation,
        Fix("ios", ios, "an entry with an IKEv2 profile uses IKEv2, one without it IKEv1; or else:"),
        Fix("asa", asa, "an entry with an IKEv2 proposal uses IKEv2, with `set ikev1 transform-set` IKEv1; or else:"),
        Fix("peer", (), "use the same version there; IKEv2 on both ends is the one to choose"),
    )


RULE = Rule(
    code="IKE109",
    name="version-mismatch",
    severity="error",
    title="The two ends speak different versions of IKE",
    side="both",
    rank=Rank.CAUSE,
    meaning="IKEv1 and IKEv2 do not understand each other: an end that has only one of them refuses the other with "
    "INVALID_MAJOR_VERSION, or says nothing.",
    find=find,
    needs=(_NOTIFY, "notify_received", *IKEV1_FAILED),
    fix=_fix(),
    looks_like=("NOTIFY(INVALID_MAJOR_VERSION)",),
    mistaken_for="IKE303 on an ASA, where neither version is complete in the crypto map entry; `IKEv2 Doesn't have a "
    "proposal specified` is harmless where IKEv1 is meant",
    references=("RFC 7296 section 2.5", "RFC 9395"),
    sample="iosxe-version-mismatch.log",
    together=True,
)
