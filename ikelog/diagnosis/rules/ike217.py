"""IKE217: the client could not be given an address."""

from collections.abc import Iterator

from ikelog.diagnosis.evidence import notify_lines
from ikelog.diagnosis.facts import failures, notified, peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import Told, told
from ikelog.diagnosis.types import Fix

_KINDS = ("address_assignment_failed", "address_unavailable", "config_failed")
_NOTIFIES = ("INTERNAL_ADDRESS_FAILURE", "FAILED_CP_REQUIRED")


def find(log: Log) -> Iterator[Match]:
    """Find addresses that were not assigned, by line or by notify."""
    said_of: set[str] = set()
    for said in told(log, *_KINDS):
        said_of.update(n.id for n in said.negotiations)
        if not said.negotiations or said.negotiations[0].outcome != "established":
            yield Match(
                said.negotiations,
                said.lines[:3],
                _explanation(said),
                said.certainty,
                severity=said.severity,
                alternatives=said.others,
                fix=said.fixes(*_fixes(said.value("tunnel_group"))),
            )
    for negotiation in failures(log.negotiations):
        for name in _NOTIFIES if negotiation.id not in said_of else ():
            lines = notify_lines(negotiation, name, notified(negotiation, name))
            if lines:
                what = "could give no address" if name == _NOTIFIES[0] else "wants to be asked for an address"
                end = "This device" if notified(negotiation, name, "sent") else peer(negotiation, "The peer")
                fix = for_device(negotiation, *_fixes())
                yield Match((negotiation,), lines[:2], f"{end} {what} ({name}).", fix=fix)


def _explanation(said: Told) -> str:
    group, reason = said.value("tunnel_group"), said.value("reason")
    where = f" of tunnel group {group}" if group else ""
    why = f" ({reason})" if reason else ""
    whom = said.peer or "a client"
    return f"No address could be assigned to {whom}{where}{why}: no pool, an empty one, or a server without answer."


def _fixes(group: str | None = None) -> tuple[Fix, ...]:
    name = group or "<group>"
    return (
        Fix(
            "ios",
            (
                "ip local pool <pool> <first> <last>",
                "crypto ikev2 authorization policy <policy>",
                " pool <pool>",
                "show ip local pool",
            ),
            "a pool with free addresses (IKEv1: `crypto isakmp client configuration group <group>`, ` pool <pool>`)",
        ),
        Fix(
            "asa",
            (
                "ip local pool <pool> <first>-<last> mask <mask>",
                f"tunnel-group {name} general-attributes",
                " address-pool <pool>",
            ),
            "a pool with free addresses, or a DHCP or AAA server that answers",
        ),
        Fix("peer", (), "where it is no client: let it not ask for an address"),
    )


RULE = Rule(
    code="IKE217",
    name="address-assignment-failed",
    severity="error",
    title="No address for the client",
    side="local",
    rank=Rank.CAUSE,
    meaning="The client asked for an address inside the VPN, and this device has none to give: no pool is named for "
    "its group, the pool is used up, or the server that assigns addresses does not answer.",
    find=find,
    needs=(*_KINDS, *_NOTIFIES),
    fix=_fixes(),
    looks_like=(
        "[IKEv1]: Group = RA, Username = lee, IP = 203.0.113.7, Cannot obtain an IP address for remote peer",
        "NOTIFY(INTERNAL_ADDRESS_FAILURE)",
    ),
    mistaken_for="IKE302: it is not about the networks behind the tunnel. It has not been seen in a real log yet",
    references=("RFC 7296 section 2.19", "RFC 7296 section 3.15"),
    sample="asa-syslog-refusals.log",
)
