"""IKE213: the peer was authenticated, and then not authorized."""

from collections.abc import Iterator

from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import Told, told
from ikelog.diagnosis.types import Fix

_KINDS = ("authorization_failed", "group_locked", "user_acl_missing")


def find(log: Log) -> Iterator[Match]:
    """Find authorizations that were refused."""
    for said in told(log, *_KINDS):
        yield Match(
            said.negotiations,
            said.lines[:2],
            _explanation(said),
            said.certainty,
            severity=said.severity,
            alternatives=said.others,
            fix=said.fixes(*_FIXES),
        )


def _explanation(said: Told) -> str:
    user, group = said.value("user"), said.value("group_policy", "tunnel_group")
    who = f"User {user}" if user else said.who[0].upper() + said.who[1:]
    if any(line.kind == "group_locked" for line in said.lines):
        return f"{who} belongs to another group than the one that it connects to ({group or 'not named'}): group lock."
    if any(line.kind == "user_acl_missing" for line in said.lines):
        return f"{who} is given an access list ({said.value('acl') or 'not named'}) that this device does not have."
    reason = said.value("reason")
    why = f": {reason}" if reason else ""
    return f"{who} was authenticated, and the authorization that follows it was refused{why}."


_FIXES = (
    Fix(
        "ios",
        ("debug aaa authorization", "show running-config | section crypto ikev2 authorization policy"),
        "the list and the name (user, group, name mangler) that the profile asks for must exist, here or on the server",
    ),
    Fix(
        "asa",
        ("debug aaa authorization", "show running-config group-policy", "show running-config tunnel-group"),
        "the name that is looked up must exist on the server, and group-lock must name the tunnel group in use",
    ),
    Fix("peer", (), "check which group or user name it gives"),
)

RULE = Rule(
    code="IKE213",
    name="authorization-failed",
    severity="error",
    title="Authorization failed",
    side="local",
    rank=Rank.CAUSE,
    meaning="Key, certificate or password were right. What the peer may do is looked up next, locally or on an AAA "
    "server, by its user or group name; that name is unknown there, or it is locked to another group.",
    find=find,
    needs=_KINDS,
    fix=_FIXES,
    looks_like=(
        "IKEv2-ERROR:(SESSION ID = 9,SA ID = 1):: Error in group author request",
        "%ASA-6-113005: AAA user authorization Rejected : reason = User was not found : server = 10.1.1.5 : user = lee",
    ),
    mistaken_for="IKE211 and IKE212: there it is the authentication that failed. Not seen in a real log yet",
    references=("RFC 7296 section 2.16",),
    sample="asa-syslog-refusals.log",
)
