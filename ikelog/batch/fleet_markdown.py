"""The fleet summary as Markdown, for a ticket."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from ikelog.batch import fleet_wording as words
from ikelog.batch.fleet import Fleet, Row
from ikelog.reporting import wording
from ikelog.reporting.markup import fenced, inline

SHOWN = 50
_LONGEST_CELL = 200


def render(fleet: Fleet, out: TextIO) -> None:
    """Write the counts, the failing peers with a line of a log each, the causes, the devices and what was skipped."""
    out.writelines(f"{text}\n" for text in _lines(fleet))


def _lines(fleet: Fleet) -> Iterator[str]:
    yield "## ikelog batch"
    counts = [
        words.negotiations(fleet.totals),
        *(f"{number:,} {word}" for _, number, word in words.outcomes(fleet.totals)),
    ]
    yield f"\n{' · '.join(counts)}  "
    yield inline(words.inputs(fleet.totals, fleet.store))
    for row in fleet.failing[:SHOWN]:
        yield from _failing(row, fleet.store)
    yield from _more(fleet.failing, "failing peer")
    yield from _table("Causes", ("cause", "failures", "peers", "by day"), [_cause(row) for row in fleet.causes])
    yield from _table(
        "Devices", ("device", "negotiations", "peers", "outcomes", "mostly"), [_device(r) for r in fleet.devices]
    )
    yield from _table(
        "Skipped", ("input", "reason", "why"), [[r["name"], r["reason"], r["detail"]] for r in fleet.skipped]
    )


def _failing(row: Row, store: str) -> Iterator[str]:
    yield f"\n### {inline(words.cause(row))}: {inline(words.peer(row))}"
    yield f"\n{inline(row['title'] or '')}. {inline(words.times(row))}."
    text = (row["text"] or "").split("\n")[0]
    yield "\n" + fenced(
        [*([f"{row['source']}:{row['line']}  {text}"] if text else []), f"$ {words.command(row, store)}"]
    )


def _cause(row: Row) -> list[str]:
    return [words.cause(row), f"{row['failures']:,}", f"{row['peers']:,}", words.days(row)]


def _device(row: Row) -> list[str]:
    told = ", ".join(f"{number:,} {word}" for _, number, word in words.outcomes(row))
    return [row["device"], f"{row['negotiations']:,}", f"{row['peers']:,}", told, row["main_cause"] or ""]


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"\n### {title}\n"
    yield f"| {' | '.join(heads)} |"
    yield "|" + " --- |" * len(heads)
    for row in rows[:SHOWN]:
        yield f"| {' | '.join(inline(cell, _LONGEST_CELL) for cell in row)} |"
    yield from _more(rows, title.lower().removesuffix("s"))


def _more(rows: Sequence[object], what: str) -> Iterator[str]:
    if len(rows) > SHOWN:
        yield f"\n{wording.count(len(rows) - SHOWN, f'more {what}')}"
