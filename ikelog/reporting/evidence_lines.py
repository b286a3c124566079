"""The lines that show a problem, numbered and harmless, as every output format prints them."""

from collections.abc import Iterator, Sequence

from ikelog.diagnosis.types import Evidence
from ikelog.reporting.markup import shortened
from ikelog.reporting.safe import visible

SHOWN = 20
# A record of a hundred lines says it in its head and its last line.
_LINES_OF_A_RECORD = 4
_LONGEST = 500


def evidence_lines(evidence: Sequence[Evidence], shown: int = SHOWN) -> list[str]:
    """Return `log:12  text` for each line, control characters visible, long ones cut; `n more lines` at the end."""
    lines = list(_lines(evidence))
    more = len(lines) - shown
    return [*lines[:shown], *([f"... {more} more lines"] if more > 0 else [])]


def _lines(evidence: Sequence[Evidence]) -> Iterator[str]:
    for piece in evidence:
        numbered = list(enumerate(piece.text.split("\n"), piece.line))
        if len(numbered) > _LINES_OF_A_RECORD:
            numbered = [*numbered[: _LINES_OF_A_RECORD - 1], numbered[-1]]
        for number, text in numbered:
            # a CR at the end only tells of the system that wrote the file
            yield shortened(visible(f"{piece.source}:{number}  {text.rstrip()}"), _LONGEST)
