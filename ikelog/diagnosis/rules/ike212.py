"""IKE212: XAUTH (IKEv1) was refused, or asked of a peer that is no user."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Event

_FAILED = (
    "xauth_failed",
    "user_authentication_failed",
    "own_user_authentication_failed",
    "authentication_failure_received",
    "xauth_not_proposed",
)
_STATES = ("message_sent", "message_received", "retransmission_begun", "sa_deleted")
_STUCK = Alternative("IKE213", "the server may not have answered: the log does not show that anybody was asked")


def find(log: Log) -> Iterator[Match]:
    """Find XAUTH that failed, and negotiations that ended while the peer was asked for a user."""
    for negotiation in log.negotiations:
        if negotiation.ike_version != 1 or negotiation.outcome == "established":
            continue
        failed, asked = _failed(negotiation), _asked(negotiation)
        if failed:
            yield _match(negotiation, failed, _said(negotiation, failed[0]))
        elif asked and asked[-1].kind == "sa_deleted" and (answers := _answers(negotiation)):
            text = f"{peer(negotiation, 'The peer')} gave a user name and password (XAUTH), and they were not accepted."
            yield _match(negotiation, [answers[0], asked[-1]], text, (_STUCK,))
        elif asked and asked[-1].kind == "sa_deleted":
            text = (
                f"{peer(negotiation, 'The peer')} was asked for a user name and password (XAUTH) and never answered: "
            )
            text += "a LAN-to-LAN peer has none."
            yield _match(negotiation, [asked[0], asked[-1]], text, (_STUCK,))


def _failed(negotiation: Negotiation) -> list[Event]:
    """Return the lines that say that XAUTH failed; one may be the reason with which IOS deletes the SA."""
    return [
        e
        for e in events(negotiation, *_FAILED, "sa_deleted")
        if e.kind != "sa_deleted" or str(e.fields.get("reason")).startswith("XAuthenticate fail")
    ]


def _answers(negotiation: Negotiation) -> list[Event]:
    """Return the lines that read what the peer answered; an ACK or a SET of its own is no answer."""
    read = events(negotiation, "xauth_attribute_listed", "config_payload_read")
    return [e for e in read if "reply" in (e.fields.get("xauth_way"), str(e.fields.get("config_type")).lower())]


def _asked(negotiation: Negotiation) -> list[Event]:
    """Return the lines that show IOS in its XAUTH state."""
    return [e for e in events(negotiation, *_STATES) if "CONF_XAUTH" in str(e.fields.get("state"))]


def _said(negotiation: Negotiation, failed: Event) -> str:
    who = peer(negotiation, "The peer")
    if failed.kind == "own_user_authentication_failed":
        return f"{who} refused the user name and password that this device gave it (XAUTH)."
    if failed.kind == "xauth_not_proposed":
        return f"This device is to ask {who} for a user (XAUTH), and the proposal that was chosen has no XAUTH in it."
    return f"The user at {who} was not authenticated (XAUTH): wrong name or password, or the server said no."


def _match(
    negotiation: Negotiation, lines: list[Event], text: str, alternatives: tuple[Alternative, ...] = ()
) -> Match:
    certainty, address = ("inferred" if alternatives else "observed"), peer(negotiation)
    fix = for_device(negotiation, *_fixes(address, negotiation.configuration.tunnel_group))
    return Match((negotiation,), lines[:2], text, certainty, alternatives=alternatives, fix=fix)  # type: ignore[arg-type]


def _fixes(address: str = "<peer-address>", group: str | None = None) -> tuple[Fix, ...]:
    return (
        Fix(
            "ios",
            (f"crypto isakmp key <key> address {address} no-xauth", "debug aaa authentication"),
            "`no-xauth` for a LAN-to-LAN peer; for a user see what the AAA server answers",
        ),
        Fix(
            "asa",
            (f"tunnel-group {group or address} ipsec-attributes", " ikev1 user-authentication none"),
            "for a LAN-to-LAN peer; for a user see what the AAA server answers (`debug aaa authentication`)",
        ),
        Fix("peer", (), "check user name and password there"),
    )


RULE = Rule(
    code="IKE212",
    name="xauth-failed",
    severity="error",
    title="XAUTH failed",
    side="both",
    rank=Rank.CAUSE,
    meaning="After phase 1 an IKEv1 gateway may ask for a user name and password (XAUTH). They were refused, or they "
    "were asked of a device that has none, because its key or group is not exempt from XAUTH.",
    find=find,
    needs=(*_FAILED, "ikev1 sa_deleted"),
    fix=_fixes(),
    looks_like=(
        "[IKEv1]: Group = RA, Username = lee, IP = 203.0.113.7, Remote peer has failed user authentication - check "
        "configured username and password",
        "ISAKMP:(1004): retransmitting phase 2 CONF_XAUTH",
    ),
    mistaken_for="`Looking for xauth in profile`, which healthy logs have; and IKE201: the group's key was right",
    references=("RFC 2409 section 5",),
    sample="iosxe-ikev1-xauth-failed.log",
)
