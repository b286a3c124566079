"""IKE401: the peer stopped answering on an SA that was up."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.deletion import IKEV1_ENDS, ikev1_end, lone_ends
from ikelog.diagnosis.facts import events, gave_up, peer, tells
from ikelog.diagnosis.liveness import liveness_fixes
from ikelog.diagnosis.order import before
from ikelog.diagnosis.quick_mode_rekeys import unanswered_rekey
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative
from ikelog.diagnosis.waiting import waiting_request
from ikelog.events.types import Endpoint, Event
from ikelog.terms import errors

_TELLING = ("ike_sa_down", "error_reported", "negotiation_aborted")
_UNANSWERED = ("liveness_query_sent", "liveness_unanswered", "error_counted")
_REKEY = Alternative("IKE402", "the log does not show which request was not answered: it may have been a rekey")


def find(log: Log) -> Iterator[Match]:
    """Yield the SAs that were up and were given up because the peer was silent."""
    told: set[str] = set()
    for negotiation in log.negotiations:
        end = ikev1_end(negotiation, "timeout")
        if end and negotiation.outcome == "established" and not unanswered_rekey(negotiation):
            told.add(peer(negotiation))
            yield _silent(negotiation, end)
        if not tells(negotiation, *_TELLING):
            continue
        up = negotiation.ike_up
        lost = [e for e in events(negotiation, "ike_sa_down") if _peer_lost(e)]
        given_up = [e for e in gave_up(negotiation) if up and before(negotiation, up, e)]
        if given_up:
            told.add(peer(negotiation))
            yield from _unanswered(negotiation, given_up[0])
        elif lost:
            told.add(peer(negotiation))
            yield Match((negotiation,), lost[:1], _lost(peer(negotiation, "The peer")), fix=liveness_fixes(negotiation))
    for address, ends in lone_ends(log, "timeout").items():
        if address not in told:
            yield Match((), ends[:3], _lost(address or "A peer"), fix=liveness_fixes(lone=address))
    for event in log.of_none.of("ike_sa_down"):
        if _peer_lost(event):
            remote = event.fields.get("remote")
            yield Match((), [event], _lost(remote.address if isinstance(remote, Endpoint) else "The peer"))


def _silent(negotiation: Negotiation, end: Event) -> Match:
    """Tell of an ISAKMP SA whose peer answers no keepalive (DPD) any more, with the queries that it did not answer."""
    unanswered = [e for e in events(negotiation, *_UNANSWERED) if before(negotiation, e, end)]
    said = _lost(peer(negotiation, "The peer"))
    return Match((negotiation,), [*unanswered[-2:], end], said, fix=liveness_fixes(negotiation))


def _peer_lost(event: Event) -> bool:
    return "peer lost" in str(event.fields.get("reason", "")).lower()


def _lost(who: str) -> str:
    return f"{who} stopped answering, and this device took the IKE SA down."


def _unanswered(negotiation: Negotiation, end: Event) -> Iterator[Match]:
    """Yield a match where the request that waited was a liveness check, or where the log does not say which it was."""
    waiting = waiting_request(negotiation, end)
    queries = [e for e in events(negotiation, "liveness_query_sent") if before(negotiation, e, end)]
    if waiting is not None and (waiting.exchange != "INFORMATIONAL" or "DELETE" in waiting.payloads):
        return
    shown = waiting is not None or bool(queries)
    evidence: list[Lined] = [*queries[-1:], *([waiting] if waiting else []), end]
    yield Match(
        (negotiation,),
        evidence,
        _explanation(negotiation, waiting, end),
        "observed" if shown else "inferred",
        alternatives=() if shown else (_REKEY,),
        fix=liveness_fixes(negotiation),
    )


def _explanation(negotiation: Negotiation, waiting: Message | None, end: Event) -> str:
    who = peer(negotiation, "The peer")
    text = f"{who} stopped answering while the IKE SA was up"
    if waiting is None:
        return f"{text}: this device gave up sending its request again, and the SA is gone."
    start, stop = waiting.offset_ms, end.offset_ms if end.source == waiting.source else None
    lasted = "" if start is None or stop is None else f" in {(stop - start) / 1000:.0f} s"
    times = 1 + len(waiting.repeats)
    return f"{text}: liveness check (message ID {waiting.message_id}) sent {times} times{lasted} and never answered."


RULE = Rule(
    code="IKE401",
    name="liveness-lost",
    severity="error",
    title="The peer stopped answering",
    side="path",
    rank=Rank.ECHO,
    meaning="The SA was up. Then the peer did not answer a liveness check (DPD), which was sent again until this "
    "device gave up and deleted all that it shared with the peer. The path is gone, a NAT mapping timed out, or the "
    "peer restarted and knows the SA no more.",
    find=find,
    needs=(*IKEV1_ENDS, "ike_sa_down", errors.RETRANSMISSIONS_EXHAUSTED),
    fix=liveness_fixes(),
    looks_like=(
        "IKEv2:(SESSION ID = 61,SA ID = 1):Sending DPD/liveness query",
        "IKEv2:(SESSION ID = 61,SA ID = 1):Retransmitting packet",
        "IKEv2-ERROR:(SESSION ID = 61,SA ID = 1):: Maximum number of retransmissions reached",
        "%ASA-5-750007: Local:192.0.2.1:500 Remote:192.0.2.9:500 Username:192.0.2.9 SA DOWN. Reason: peer lost",
        "IKE lost contact with remote peer, deleting connection (keepalive type: DPD)",
    ),
    mistaken_for="IKE101: there the peer never answered at all; a proposal or key has nothing to do with either",
    references=("RFC 7296 section 2.4", "RFC 7296 section 2.1", "RFC 3706"),
    sample="iosxe-liveness-lost.log",
)
