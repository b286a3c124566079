"""IKE110: one end wants Aggressive Mode, the other does not allow it."""

from collections.abc import Iterator

from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import told
from ikelog.diagnosis.types import Fix
from ikelog.record import replaced


def find(log: Log) -> Iterator[Match]:
    """Find the line that says that Aggressive Mode is disabled here."""
    for found in told(log, "aggressive_mode_disabled", stages=("init",)):
        # the line names no SA: one that is up does not mean it
        said = replaced(found, negotiations=tuple(n for n in found.negotiations if not n.ike_up))
        starts = any(n.role == "initiator" for n in said.negotiations)
        text = (
            f"This device is configured to start Aggressive Mode with {said.who}, and has it disabled."
            if starts
            else f"{said.who[0].upper()}{said.who[1:]} wants Aggressive Mode, which is disabled on this device."
        )
        yield Match(
            said.negotiations,
            said.lines[:2],
            text,
            said.certainty,
            severity=said.severity,
            alternatives=said.others,
            fix=said.fixes(*_fixes(said.address)),
        )


def _fixes(address: str = "<peer-address>") -> tuple[Fix, ...]:
    return (
        Fix(
            "peer", (), "use Main Mode there: with fixed addresses or certificates Aggressive Mode is not needed; else:"
        ),
        Fix(
            "ios",
            ("no crypto isakmp aggressive-mode disable",),
            "only where it must be: with a pre-shared key its hash can be guessed offline (IKE604)",
        ),
        Fix(
            "asa",
            ("no crypto ikev1 am-disable",),
            f"only where it must be, for {address}: with a pre-shared key its hash can be guessed offline (IKE604)",
        ),
    )


RULE = Rule(
    code="IKE110",
    name="aggressive-mode-refused",
    severity="error",
    title="Aggressive Mode is disabled on one end",
    side="both",
    rank=Rank.CAUSE,
    meaning="IKEv1 has two ways to begin: Main Mode, and Aggressive Mode with fewer messages and an identity in the "
    "clear. One end insists on the second, and the other is configured never to use it.",
    find=find,
    needs=("aggressive_mode_disabled",),
    fix=_fixes(),
    looks_like=(
        "%CRYPTO-5-IKMP_AG_MODE_DISABLED: Unable to initiate or respond to Aggressive Mode while disabled",
        "ISAKMP:(0):Unable to initiate or respond to Aggressive Mode while disabled",
    ),
    mistaken_for="`Can not start Aggressive mode, trying Main mode`, which every healthy initiator prints",
    references=("RFC 2409 section 5",),
    sample="iosxe-ikev1-aggressive-mode-disabled.log",
)
