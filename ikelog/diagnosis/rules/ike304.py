"""IKE304: one end wants tunnel mode for the Child SA, the other transport mode."""

from collections.abc import Iterator

from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.encapsulation import modes_differ, own_request, peer_modes
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.quick_mode import FLAGS, invalidated, mismatched
from ikelog.diagnosis.refused_child import REFUSED_CHILD, RefusedChild, refused_children
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix

_TRANSFORMS = Alternative(
    "IKE301", "another transform set of this device, with this mode, may differ in its algorithms"
)


def find(log: Log) -> Iterator[Match]:
    """Find Child SAs that were refused for their mode: a line says so, or all else that the log shows is equal."""
    for child in refused_children(log):
        told = child.events("transform_flags_refused")
        told += (invalidated(child, FLAGS) if told else []) + mismatched(child, "encapsulation")
        differ = modes_differ(child)
        if told:
            theirs = next(iter(peer_modes(child)), None)
            yield Match((child.negotiation,), told[:3], _said(child, theirs), fix=_fix(child, theirs))
        elif differ and child.events("transform_refused"):
            own, theirs = differ
            wanted = own_request(child)
            yield Match(
                (child.negotiation,),
                [*child.events("transform_refused")[:1], *([wanted] if wanted else [])],
                f"{_said(child, theirs)} The transforms are those for which this device itself asks, in {own} mode.",
                certainty="inferred",
                alternatives=(_TRANSFORMS,),
                fix=_fix(child, theirs),
            )


def _said(child: RefusedChild, theirs: str | None) -> str:
    who = peer(child.negotiation, "The peer")
    if theirs is None:
        return f"{who} and this device do not mean the same mode, tunnel or transport: the Child SA was refused for it."
    return f"{who} asks for {theirs} mode, and no transform set of this device that would fit has it."


def _fix(child: RefusedChild | None, theirs: str | None) -> tuple[Fix, ...]:
    mode, platform = theirs or "<tunnel|transport>", child.negotiation.platform if child else None
    one = child.negotiation.ike_version == 1 if child else False
    asa = (
        f"crypto ipsec ikev1 transform-set <name> mode {mode}"
        if one
        else f"crypto map <map> <sequence> set ikev2 mode {mode}"
    )
    commands = {"ios": ("crypto ipsec transform-set <name> <transforms>", f" mode {mode}"), "asa": (asa,)}
    why = "tunnel between gateways; transport where GRE or L2TP is inside (DMVPN, L2TP clients)"
    return (
        *(Fix(name, commands[name], why) for name in platforms(platform)),
        Fix("peer", (), "or set the other mode there: both ends must have the same"),
    )


RULE = Rule(
    code="IKE304",
    name="encapsulation-mode-mismatch",
    severity="error",
    title="One end wants tunnel mode, the other transport mode",
    side="both",
    rank=Rank.CAUSE,
    meaning="The Child SA was refused for its mode. Tunnel mode carries whole packets between networks; transport mode "
    "protects what the two ends say to each other, as GRE (DMVPN) and L2TP need it.",
    find=find,
    needs=REFUSED_CHILD,
    fix=_fix(None, None),
    looks_like=(
        "IPSEC(validate_transform_proposal): invalid transform proposal flags -- 0x4",
        "ISAKMP:      encaps is 2 (Transport)",
    ),
    mistaken_for="IKE301: encryption and integrity are equal. No such line has been seen in a real log yet",
    references=("RFC 7296 section 1.3.1", "RFC 2409 section 5.5"),
    sample="ios-ikev1-encapsulation-mode-mismatch.log",
)
