"""IKE906: the text of the log is damaged."""

from collections import Counter
from collections.abc import Iterable, Iterator

from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.rule import Log, Match, Rank, Rule, SourceFacts
from ikelog.diagnosis.types import Evidence, Fix
from ikelog.reading.damage import Damage

_SHOWN = 3
# So many lines put right, and others may be wrong without a sign of it.
_MANY = 3
_COMMANDS = {
    "ios": ("terminal length 0", "terminal width 0", "show logging"),
    "asa": ("terminal pager 0", "terminal width 511", "show logging"),
}


def find(log: Log) -> Iterator[Match]:
    """Find the sources with damaged lines: a warning where some could not be put right, or many are."""
    for source in log.sources:
        if source.damaged:
            yield _match(source)


def _match(source: SourceFacts) -> Match:
    right = [damage for damage in source.damaged if damage.repaired]
    wrong = [damage for damage in source.damaged if not damage.repaired]
    said = [f"put right in {_lines(right)} ({_kinds(right)})"] if right else []
    said += [f"not put right in {_lines(wrong)} ({_kinds(wrong)})"] if wrong else []
    shown = sorted({damage.line for damage in (wrong or right)})[:_SHOWN]
    return Match(
        (),
        [Evidence(source.name, line, line, "") for line in shown],
        f"The text of {source.name} is damaged, by a scan, a terminal or a copy: {'; '.join(said)}.",
        severity=None if wrong or len(right) >= _MANY else "info",
        fix=_fix(source.platform),
    )


def _fix(platform: str | None) -> tuple[Fix, ...]:
    why = "then save what it prints as text: no picture of a screen, no copy of a part of the lines"
    return tuple(Fix(name, _COMMANDS[name], why) for name in platforms(platform))


def _lines(damaged: Iterable[Damage]) -> str:
    count = len({damage.line for damage in damaged})
    return "1 line" if count == 1 else f"{count} lines"


def _kinds(damaged: Iterable[Damage]) -> str:
    """Return what is wrong, the most frequent first; what was read there stands in the events."""
    counts = Counter(kind.split(":")[0].strip() for damage in damaged for kind in damage.what.split(";"))
    return ", ".join("misread letters" if kind == "misread" else kind for kind, _ in counts.most_common())


RULE = Rule(
    code="IKE906",
    name="text-damaged",
    severity="warning",
    title="The text of the log is damaged",
    side="local",
    rank=Rank.NOTE,
    meaning="Characters are missing, misread or broken up by line ends: the text was scanned, wrapped by a terminal or "
    "copied in part. Where a line can mean one thing only it was read as that; where not, what it named is left out. "
    "Names, addresses and SPIs may be wrong without a sign of it.",
    find=find,
    needs=("damaged",),
    fix=_fix(None),
    looks_like=(
        "KEv2-PLAT-3: (4): SENT PKT [IKE_SA_INIT] [192.0.2.1]:500->[192.0.2.9]:500 ...",
        "Initiator SPI : 1A2B3C4D5E6F7O8Q - Responder SPI : OOOOOOOOOOOOOOOO Message id: @",
    ),
    mistaken_for="lines of a device that this tool does not know (IKE904)",
    sample="iosxe-text-damaged.log",
)
