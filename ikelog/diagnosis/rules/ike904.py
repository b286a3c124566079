"""IKE904: lines of IKE or IPsec that no grammar knows."""

from collections.abc import Iterator

from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.events.types import Event

_SHOWN = 3


def find(log: Log) -> Iterator[Match]:
    """Find the lines of each source that were not understood."""
    by_source: dict[str, list[Event]] = {}
    for event in log.unrecognised:
        by_source.setdefault(event.source, []).append(event)
    for source, unknown in by_source.items():
        lines = f"{len(unknown)} lines" if len(unknown) > 1 else "1 line"
        first = "; the first of them are shown" if len(unknown) > _SHOWN else ""
        yield Match(
            (),
            unknown[:_SHOWN],
            f"{lines} of {source} under an IKE or IPsec tag: not understood, so not taken into account{first}. "
            "`ikelog events --unrecognised` groups them for a bug report.",
        )


RULE = Rule(
    code="IKE904",
    name="lines-not-understood",
    severity="info",
    title="Some IKE or IPsec lines are not understood",
    side="unknown",
    rank=Rank.NOTE,
    meaning="A line has the tag of IKE or IPsec and a wording that no grammar of this version has. It is neither "
    "guessed at nor dropped: it is counted and shown. Where much of a log is unknown, a cause may stand in it. "
    "`ikelog events --unrecognised` groups such lines by their wording, addresses and names masked, for a bug report.",
    find=find,
    needs=("unrecognised",),
    looks_like=("IKEv2-PLAT-5: (4): a sentence of a release that is newer than this tool",),
    mistaken_for="an error of the VPN",
)
