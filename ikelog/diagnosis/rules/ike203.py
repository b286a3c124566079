"""IKE203: the peer authenticates in another way than is asked of it."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.authentication import Method, own_method, peer_method
from ikelog.diagnosis.facts import errors_reported, events, failures, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.ikev1_refusals import method_refused
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event
from ikelog.terms import errors

_WORDS: dict[Method | None, str] = {
    "psk": "a pre-shared key",
    "certificate": "a certificate",
    "eap": "EAP",
    None: "a method that the log does not name",
}
_METHOD_LINES = ("peer_method", "own_method", "peer_method_configured")


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations in which the device says that the methods do not fit."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 1:
            yield from method_refused(negotiation)
            continue
        refused = errors_reported(negotiation, errors.AUTH_METHOD_MISMATCH)
        if refused:
            said = [e for e in events(negotiation, *_METHOD_LINES) if before(negotiation, e, refused[0]) and _tells(e)]
            yield Match(
                (negotiation,),
                [*said[-2:], refused[0]],
                _explanation(negotiation),
                fix=for_device(negotiation, *_fixes(negotiation)),
            )


def _tells(event: Event) -> bool:
    return event.fields.get("number") != 0


def _explanation(negotiation: Negotiation) -> str:
    used = peer_method(negotiation)
    ours = own_method(negotiation)
    own = f"; this device itself uses {_WORDS[ours]}" if ours else ""
    asked = "for a certificate or EAP" if used == "psk" else "for another method"
    return (
        f"{peer(negotiation, 'The peer')} authenticates with {_WORDS[used]}, and the configuration here asks {asked}"
        f"{own}. In IKEv2 each end may use a method of its own: what counts is what is asked of the other."
    )


def _fixes(negotiation: Negotiation | None = None) -> tuple[Fix, ...]:
    configured = negotiation.configuration if negotiation else None
    profile = (configured and configured.profile) or "<profile>"
    group = (configured and configured.tunnel_group) or (peer(negotiation) if negotiation else "<peer-address>")
    used = peer_method(negotiation) if negotiation else None
    ios = {"psk": "pre-share", "certificate": "<rsa-sig | ecdsa-sig>", "eap": "eap"}
    asa = {"psk": "pre-shared-key <key>", "certificate": "certificate", "eap": "eap query-identity"}
    return (
        Fix(
            "ios",
            (f"crypto ikev2 profile {profile}", f" authentication remote {ios.get(used or '', '<method>')}"),
            "ask of the peer the method that it uses, or else:",
        ),
        Fix(
            "asa",
            (
                f"tunnel-group {group} ipsec-attributes",
                f" ikev2 remote-authentication {asa.get(used or '', '<certificate | pre-shared-key <key>>')}",
            ),
            "ask of the peer the method that it uses, or else:",
        ),
        Fix("peer", (), "let it authenticate itself with the method that is asked of it here"),
    )


RULE = Rule(
    code="IKE203",
    name="auth-method-mismatch",
    severity="error",
    title="The peer authenticates in another way than is asked of it",
    side="both",
    rank=Rank.CAUSE,
    meaning=(
        "IKEv2 does not negotiate how the ends authenticate: each uses what its own configuration says, and each "
        "configuration also says what is asked of the other. Here the peer used one method and the configuration "
        "asks for another. The two directions need not be alike. In IKEv1 the method is an attribute of the policy, "
        "and both ends use the same."
    ),
    find=find,
    needs=(errors.AUTH_METHOD_MISMATCH, "ikev1 failed"),
    fix=_fixes(),
    looks_like=(
        "IKEv2:(SESSION ID = 6,SA ID = 1):Peer's authentication method is 'RSA'",
        "IKEv2-ERROR:(SESSION ID = 6,SA ID = 1):: Peer authentication method configured is mismatching with the method "
        "proposed by peer",
        "ISAKMP:(0):Authentication method offered does not match policy!",
    ),
    mistaken_for="IKE201 and IKE206: nothing was verified yet, so neither key nor certificate is to blame.",
    references=("RFC 7296 section 2.15", "RFC 7296 section 3.8"),
)
