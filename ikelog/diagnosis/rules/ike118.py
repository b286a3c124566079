"""IKE118: the platform refuses an algorithm that a policy of its own names."""

from collections.abc import Iterator

from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import Told, told
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_KINDS = ("algorithm_refused", "encryption_unsupported", "weak_crypto_refused")
# IOS checks its own default policies too; that these are refused harms nobody who has configured one.
_FIRST_DEFAULT = 65507


def find(log: Log) -> Iterator[Match]:
    """Find the algorithms that a device says it does not allow."""
    for said in told(log, *_KINDS):
        defaults = all(_is_default(line) for line in said.lines)
        text = f"This device does not allow {_algorithms(said)}, which {_whose(said, defaults=defaults)}."
        yield Match(
            said.negotiations,
            said.lines[:4],
            text if defaults else f"{text} What uses only these cannot be negotiated.",
            severity="warning" if defaults else None,
            fix=_fixes(said.platform, _policy(said)),
        )


def _is_default(event: Event) -> bool:
    number = event.fields.get("number")
    return isinstance(number, int) and number >= _FIRST_DEFAULT


def _algorithms(said: Told) -> str:
    named: dict[str, None] = {}
    for line in said.lines:
        fields = line.fields
        if "encryption" in fields:
            named[f"{fields['encryption']} with {fields.get('hash')}"] = None
        elif "group" in fields:
            named[f"DH group {fields['group']}"] = None
    return ", ".join(named) or "an algorithm of its configuration"


def _whose(said: Told, *, defaults: bool) -> str:
    if defaults:
        return "only default policies of its own name; policies that are configured are not touched by it"
    number = _policy(said)
    return f"policy {number} names" if number else "its configuration names"


def _policy(said: Told) -> str | None:
    numbers = [line.fields.get("number") for line in said.lines if not _is_default(line)]
    return next((str(number) for number in numbers if number is not None), None)


def _fixes(platform: str | None = None, number: str | None = None) -> tuple[Fix, ...]:
    settings = (" encryption aes 256", " hash sha256", " group 14")
    commands = {
        "ios": (f"crypto isakmp policy {number or '<number>'}", *settings),
        "asa": (f"crypto ikev2 policy {number or '<number>'}", " encryption aes-256", " integrity sha256", " group 14"),
    }
    why = "algorithms that the platform allows, set alike on the other end; or else:"
    return (
        *(Fix(name, commands[name], why) for name in platforms(platform)),
        Fix("peer", (), "offer there the same stronger algorithms; the weak ones need not be allowed again here"),
    )


RULE = Rule(
    code="IKE118",
    name="algorithm-not-permitted",
    severity="error",
    title="The platform does not allow a configured algorithm",
    side="local",
    rank=Rank.CAUSE,
    meaning="Newer releases refuse weak algorithms (DES, 3DES, MD5, DH groups 1, 2, 5 and 24) although the "
    "configuration names them, often after an upgrade. A policy with one of them is as good as not there. IOS XE also "
    "refuses its own default policies, which harms nobody who has configured one.",
    find=find,
    needs=_KINDS,
    fix=_fixes(),
    looks_like=(
        "ISAKMP-ERROR: (0):(10): Either (3des) encryption algorithm or (sha) hash algorithmis not CSDL compliant",
        "ISAKMP-ERROR: (0):(10): DH Group (2) is not CSDL compliant",
    ),
    mistaken_for="IKE103: the peer's offer may fit the configuration as it is written, but not what is left of it",
    references=("RFC 8247", "RFC 9395"),
    sample="iosxe-ikev1-algorithm-not-permitted.log",
)
