"""IKE209: a certificate sent as an HTTP URL that the other end cannot look up."""

from collections.abc import Iterator

from ikelog.diagnosis.facts import errors_reported, failures, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.terms import errors


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations that failed over a certificate encoding or an HTTP URL."""
    for negotiation in failures(log.negotiations):
        refused = errors_reported(negotiation, errors.HTTP_URL_CERTIFICATE)
        if refused:
            yield Match(
                (negotiation,),
                refused[:1],
                f"{peer(negotiation, 'The peer')} sends its certificate as an HTTP URL (or asks for one so), and one "
                "end cannot look certificates up over HTTP: an ASA never can.",
                fix=for_device(negotiation, *_FIXES),
            )


_FIXES = (
    Fix("ios", ("no crypto ikev2 http-url cert",), "then certificates travel in IKE itself, not as URLs"),
    Fix("peer", (), "let it send its certificate itself, not a URL (on IOS: no crypto ikev2 http-url cert)"),
)

RULE = Rule(
    code="IKE209",
    name="http-url-certificate",
    severity="error",
    title="Certificate sent as an HTTP URL",
    side="peer",
    rank=Rank.CAUSE,
    meaning=(
        "IKEv2 lets an end send the URL of its certificate instead of the certificate, if the other says that it can "
        "look it up. IOS does so by default; an ASA cannot look it up, and refuses."
    ),
    find=find,
    needs=(errors.HTTP_URL_CERTIFICATE,),
    fix=_FIXES,
    looks_like=(
        "IKEv2-PROTO-1: (9): Unsupported cert encoding found or Peer requested HTTP URL but never sent "
        "HTTP_LOOKUP_SUPPORTED Notification",
    ),
    mistaken_for="IKE206: the certificate itself was never looked at.",
    references=("RFC 7296 section 3.6",),
)
