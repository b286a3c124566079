"""IKE221: it failed in IKE_AUTH, and no line says why."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.authentication import own_method, peer_method
from ikelog.diagnosis.commands import debug_fixes
from ikelog.diagnosis.exchange_names import auth_exchange, message_name
from ikelog.diagnosis.facts import errors_reported, peer
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative
from ikelog.terms import errors

_KEY = Alternative("IKE201", "the pre-shared keys differ")
_IDENTITY = Alternative("IKE204", "one end has nothing configured for the identity that the other sent")
_METHOD = Alternative("IKE203", "one end authenticates in another way than is asked of it")
_CERTIFICATE = Alternative("IKE206", "a certificate or signature was not accepted")
_UNANSWERED = Alternative("IKE214", "IKE_AUTH was never answered: blocked UDP 4500, or dropped fragments")


def find(log: Log) -> Iterator[Match]:
    """Yield every negotiation that failed in IKE_AUTH: where another rule explains it, that one is the verdict."""
    for negotiation in log.negotiations:
        if negotiation.outcome == "failed" and negotiation.stage == "auth":
            yield Match(
                (negotiation,),
                _evidence(negotiation),
                _explanation(negotiation),
                "inferred",
                alternatives=_alternatives(negotiation),
                fix=tuple(debug_fixes(negotiation.platform, peer(negotiation), negotiation.ike_version)),
            )


def _evidence(negotiation: Negotiation) -> list[Lined]:
    last = negotiation.failure or negotiation.events[-1]
    earlier = [m for m in negotiation.messages if before(negotiation, m, last)]
    return [*earlier[-1:], last]


def _explanation(negotiation: Negotiation) -> str:
    who = peer(negotiation, "the peer")
    last = negotiation.messages[-1:]
    seen = f" The last message seen is {message_name(negotiation, last[0])}, {last[0].direction}." if last else ""
    if errors_reported(negotiation, errors.AUTHENTICATION_FAILED):
        return f"The AUTH of {who} did not verify; the log does not say whether by key or certificate.{seen}"
    named = auth_exchange(negotiation)
    return f"{named[0].upper()}{named[1:]} with {who} failed, and no line here says why.{seen}"


def _alternatives(negotiation: Negotiation) -> tuple[Alternative, ...]:
    methods = {own_method(negotiation), peer_method(negotiation)}
    certificate = "certificate" in methods
    psk = "psk" in methods
    if errors_reported(negotiation, errors.AUTHENTICATION_FAILED):
        return _KEY, _CERTIFICATE
    first = (_CERTIFICATE,) if certificate and not psk else (_KEY,) if psk and not certificate else (_KEY, _CERTIFICATE)
    answered = any(m.exchange == "IKE_AUTH" and m.direction == "received" for m in negotiation.messages)
    heard = answered or negotiation.role == "responder" or negotiation.ike_version == 1
    silent = () if heard else (_UNANSWERED,)
    return *first, _IDENTITY, _METHOD, *silent


RULE = Rule(
    code="IKE221",
    name="ike-auth-failed-unexplained",
    severity="error",
    title="Authentication failed, and the log does not say why",
    side="unknown",
    rank=Rank.UNEXPLAINED,
    meaning=(
        "Only the consequence is in the log (`Auth exchange failed` and what follows it). The end that refused names "
        "the cause, one or two lines before, if the right debugs are on."
    ),
    find=find,
    needs=("failed in auth",),
    fix=tuple(debug_fixes(None, "<peer-address>")),
    looks_like=(
        "IKEv2-ERROR:(SESSION ID = 26,SA ID = 1):: Auth exchange failed",
        "%IKEV2-3-NEG_ABORT: Negotiation aborted due to ERROR: Auth exchange failed",
    ),
    mistaken_for="IKE201: `Auth exchange failed` follows every failure in IKE_AUTH, not only a wrong key",
    references=("RFC 7296 section 2.21.2", "RFC 7296 section 1.2"),
    sample="iosxe-syslog.log",
)
