"""IKE106: the responder asked for a cookie first."""

from collections.abc import Iterator

from ikelog.diagnosis.cookies import asked, cookie_lines, went_on
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix


def find(log: Log) -> Iterator[Match]:
    """Find a cookie that was asked for, behind which the negotiation went on."""
    for negotiation in log.negotiations:
        lines = cookie_lines(negotiation)
        if lines and went_on(negotiation):
            who, whom = ("This device", peer(negotiation, "the peer"))
            if negotiation.role == "initiator":
                who, whom = peer(negotiation, "The peer"), "this device"
            times = asked(negotiation)
            often = f" {times} times" if times > 1 else ""
            text = f"{who} had many half-open negotiations and asked {whom} for a cookie{often}; then it went on."
            yield Match((negotiation,), lines[:2], text)


RULE = Rule(
    code="IKE106",
    name="cookie-challenge",
    severity="info",
    title="The responder asked for a cookie",
    side="unknown",
    rank=Rank.NOTE,
    meaning="A responder with more half-open negotiations than its threshold answers the first request with a cookie "
    "and forgets it; the initiator asks again with the cookie. That costs one round trip and is no fault. If it "
    "happens all the time, look for who opens so many negotiations.",
    find=find,
    needs=("COOKIE", "cookie_sent"),
    fix=(
        Fix("ios", ("show crypto ikev2 stats", "crypto ikev2 cookie-challenge <number>"), "the threshold on IOS"),
        Fix("asa", ("show crypto ikev2 stats", "crypto ikev2 cookie-challenge <percent>"), "the threshold on an ASA"),
    ),
    looks_like=("NOTIFY(COOKIE)", "%IKEV2-3-COOKIE_CHALLENGE: Sending COOKIE challenge to throttle possible DoS"),
    mistaken_for="two negotiations: both requests are of one; and IKE107, where it never goes on",
    references=("RFC 7296 section 2.6",),
    sample="iosxe-cookie-challenge.log",
)
