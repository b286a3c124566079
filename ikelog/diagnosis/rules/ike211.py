"""IKE211: EAP ended in failure."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import events, failures, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.order import ordered
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_FAILED = ("eap_failed", "user_authentication_failed")
_CODED = ("eap_packet", "eap_sent", "eap_received")


def find(log: Log) -> Iterator[Match]:
    """Find the EAP failure of a negotiation, by a line or in a message."""
    for negotiation in failures(log.negotiations):
        if negotiation.ike_version == 2:
            lines = ordered(negotiation, [*events(negotiation, *_FAILED), *_in_messages(negotiation)])
            if lines:
                yield _match(negotiation, lines)


def _in_messages(negotiation: Negotiation) -> list[Event]:
    """Return the decoded EAP payloads whose code is failure."""
    return [
        e for e in events(negotiation, *_CODED) if "fail" in f"{e.fields.get('eap_code')} {e.fields.get('eap_message')}"
    ]


def _match(negotiation: Negotiation, lines: list[Event]) -> Match:
    user = negotiation.remote_access.user if negotiation.remote_access else None
    reason = next((str(e.fields["reason"]) for e in lines if "reason" in e.fields), None)
    named = f"User {user} at {peer(negotiation, 'the peer')}" if user else peer(negotiation, "The peer")
    why = f": {reason}" if reason else ""
    return Match(
        (negotiation,),
        lines[:2],
        f"{named} was not authenticated by EAP{why}. The authentication server (RADIUS or AAA) has the reason.",
        fix=for_device(negotiation, *_FIXES),
    )


_FIXES = (
    Fix(
        "ios",
        (
            "debug radius authentication",
            "show aaa servers",
            "crypto ikev2 profile <profile>",
            " aaa authentication eap <list>",
        ),
        "see what the server answers; user and password first, then the EAP method that both know",
    ),
    Fix(
        "asa",
        ("debug radius", "test aaa-server authentication <server-group> username <user> password <password>"),
        "see what the server answers; user and password first, then the EAP method that both know",
    ),
    Fix("peer", (), "check user, password and EAP method on the client"),
)

RULE = Rule(
    code="IKE211",
    name="eap-failed",
    severity="error",
    title="EAP ended in failure",
    side="peer",
    rank=Rank.CAUSE,
    meaning="The client proves who it is by EAP inside IKE_AUTH, and the server behind this device said no: a wrong "
    "user or password, an EAP method that one of them does not know, or no server that answers.",
    find=find,
    needs=(*_FAILED, *_CODED),
    fix=_FIXES,
    looks_like=(
        "IKEv2-ERROR:(SESSION ID = 12,SA ID = 1):: EAP failure",
        "Local:192.0.2.1:4500 Remote:203.0.113.8:61234 Username:kim IKEv2 Failed user authentication. Error: ...",
    ),
    mistaken_for="IKE201 and IKE206: key and certificate of this device were accepted. Not seen in a real log yet",
    references=("RFC 7296 section 2.16",),
    sample="iosxe-eap-failed.log",
)
