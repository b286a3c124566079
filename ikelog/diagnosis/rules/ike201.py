"""IKE201: the two pre-shared keys differ."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.authentication import Method, named_elsewhere, own_method, peer_method, unverified
from ikelog.diagnosis.facts import FAILED, events, failures, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.ikev1_keys import key_differs, lone_bad_messages
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix

_KEY_LINES = ("peer_method", "preshared_key_used", "peer_preshared_key_requested")


def find(log: Log) -> Iterator[Match]:
    """Yield the negotiations in which the peer's AUTH did not verify and a pre-shared key was to verify it."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 1:
            yield from key_differs(negotiation)
            continue
        refused = unverified(negotiation)
        if refused and _method(negotiation) == "psk" and not named_elsewhere(negotiation):
            said = [e for e in events(negotiation, *_KEY_LINES) if before(negotiation, e, refused[0])]
            yield Match(
                (negotiation,),
                [*said[-1:], *refused[:2]],
                _explanation(negotiation),
                fix=for_device(negotiation, *_fixes(negotiation)),
            )
    lone = log.of_none.of("message_malformed")
    keyed = {n.remote.address for n in log.negotiations if n.ike_up} if lone else set()
    yield from lone_bad_messages([e for e in lone if e.fields.get("remote_address") not in keyed])


def _method(negotiation: Negotiation) -> Method | None:
    """Return how the peer authenticates; where the log does not say, as this device does."""
    return peer_method(negotiation) or own_method(negotiation)


def _explanation(negotiation: Negotiation) -> str:
    who = peer(negotiation, "the peer")
    lengths = [e.fields.get("length") for e in events(negotiation, "preshared_key_used")]
    ours = f" Our key for it has {lengths[-1]} characters." if lengths else ""
    if negotiation.role == "initiator":
        return (
            f"{who} accepted our AUTH, but its own does not match the pre-shared key that we expect of it: "
            f"its local key and our remote key differ.{ours}"
        )
    return f"The AUTH of {who} does not match our pre-shared key for it: the two keys differ.{ours}"


def _fixes(negotiation: Negotiation | None = None) -> tuple[Fix, ...]:
    address = peer(negotiation) if negotiation else "<peer-address>"
    used = negotiation.configuration if negotiation else None
    keyring = (used and used.keyring) or "<keyring>"
    group = (used and used.tunnel_group) or address
    blocks = events(negotiation, "peer_block_matched") if negotiation else []
    block = str(blocks[-1].fields["peer_block"]) if blocks else "<peer>"
    return (
        Fix(
            "ios",
            (
                f"crypto ikev2 keyring {keyring}",
                f" peer {block}",
                f"  address {address}",
                "  pre-shared-key remote <the key that the peer uses as its own>",
            ),
            "type it anew on both ends: a blank at its end is part of the key; or else:",
        ),
        Fix(
            "asa",
            (
                f"tunnel-group {group} ipsec-attributes",
                " ikev2 remote-authentication pre-shared-key <the key that the peer uses as its own>",
            ),
            "type it anew on both ends: a blank at its end is part of the key; or else:",
        ),
        Fix("peer", (), "set its own (local) pre-shared key to the one that this device expects of it"),
    )


RULE = Rule(
    code="IKE201",
    name="psk-mismatch",
    severity="error",
    title="Pre-shared keys differ",
    side="both",
    rank=Rank.CAUSE,
    meaning=(
        "The peer proves who it is with a value computed from the pre-shared key (the AUTH payload). This device "
        "computed it too, from its own key for that peer, and got another one: the keys are not the same, or the key "
        "was looked up under another entry than the one meant. Proposals and identities had matched. IKEv1 puts the "
        "key into the encryption itself: the first encrypted message is garbage for the other end."
    ),
    find=find,
    needs=(*FAILED, "message_malformed"),
    fix=_fixes(),
    looks_like=(
        "IKEv2-PROTO-2: (7): Peer's authentication method is 'PSK'",
        "IKEv2-PROTO-5: (7): Computed authentication value for peer differs from what peer sent",
        "IKEv2-PROTO-1: (7): Failed to authenticate the IKE SA",
        "IKEv2:(SESSION ID = 4,SA ID = 1):Verification of peer's authentication data FAILED",
        "ISAKMP:(1014): reserved not zero on ID payload!",
        "%CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 198.51.100.7 failed its sanity check or is malformed",
    ),
    mistaken_for=(
        "a certificate problem: the same `Failed to authenticate the IKE SA` with certificates is IKE206. "
        "`Auth exchange failed` follows every failure in IKE_AUTH and names none."
    ),
    references=("RFC 7296 section 2.15", "RFC 7296 section 2.21.2", "RFC 2409 section 5"),
    sample="asa-psk-mismatch.log",
)
