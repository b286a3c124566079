"""IKE107: the cookie is asked for again and again."""

from collections.abc import Iterator

from ikelog.diagnosis.cookies import asked, cookie_lines, went_on
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix

_LOOP = 2
_CHANGED = Alternative("IKE102", "something on the way changes the request or its source port, so that no cookie fits")


def find(log: Log) -> Iterator[Match]:
    """Find negotiations that never got beyond the cookie."""
    for negotiation in log.negotiations:
        times = asked(negotiation)
        if times >= _LOOP and not went_on(negotiation) and negotiation.outcome in ("failed", "incomplete"):
            sender = peer(negotiation, "The peer") if negotiation.role == "initiator" else "This device"
            ended = negotiation.outcome == "failed"
            yield Match(
                (negotiation,),
                cookie_lines(negotiation)[:4],
                f"{sender} asked for a cookie {times} times, and never took the one that came back.",
                severity=None if ended else "warning",
                alternatives=(_CHANGED,),
            )


RULE = Rule(
    code="IKE107",
    name="cookie-loop",
    severity="error",
    title="The cookie is asked for again and again",
    side="path",
    rank=Rank.CAUSE,
    meaning="The responder asks for a cookie, the initiator sends its request again with the cookie, and is asked once "
    "more. The cookie is computed from the initiator's address, SPI and nonce: one of them changes on the way "
    "(address translation with several addresses), or a cluster of responders does not share the secret.",
    find=find,
    needs=("COOKIE", "cookie_sent"),
    fix=(
        Fix("path", (), "let all packets of one negotiation leave with one source address and port"),
        Fix("ios", ("no crypto ikev2 cookie-challenge",), "on the responder, for a test"),
        Fix("asa", ("crypto ikev2 cookie-challenge never",), "on the responder, for a test"),
        Fix("peer", (), "let the initiator return the cookie unchanged, with the same SPI and nonce"),
    ),
    looks_like=("NOTIFY(COOKIE)", "NOTIFY(COOKIE)"),
    mistaken_for="IKE106, a single challenge behind which it goes on. No log of it has been seen yet",
    references=("RFC 7296 section 2.6", "RFC 7296 section 2.6.1"),
    sample="iosxe-cookie-loop.log",
)
