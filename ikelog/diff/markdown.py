"""What changed as Markdown, for a merge request or a ticket."""

import re
from collections.abc import Iterator, Sequence
from typing import TextIO

from ikelog.diff import words
from ikelog.diff.types import Diff, Edit, PeerDiff
from ikelog.diff.words import Names, Row
from ikelog.reporting.safe import visible


def render(diff: Diff, out: TextIO, *, quiet: bool) -> None:
    """Write what changed: a heading and a table a peer, lists as a `diff` block. `quiet` leaves the counts."""
    names = words.names_of(diff)
    lines = [f"### {words.counts(diff)}"]
    if not quiet:
        lines += ["", code(words.captures(diff))]
        for peer in diff.peers:
            if peer.status != "unchanged":
                lines += ["", *_block(peer, names)]
        lines += _of_no_negotiation(diff)
    out.writelines(f"{text}\n" for text in lines)


def code(text: str) -> str:
    """Return text as a code span in which it means nothing else, in a table too: no markup, link or mention."""
    text = visible(text).replace("\t", " ").replace("|", "\\|")
    if not text.strip():
        return ""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _block(peer: PeerDiff, names: Names) -> Iterator[str]:
    who, *more = words.who(peer)
    yield f"#### {words.heading(peer)} {code(who)}" + "".join(f" · {code(part)}" for part in more)
    for group in words.alike(peer, names):
        if group.rows:
            yield from ["", f"{code(group.title)}"] if group.title else []
            yield from _table([row for row in group.rows if not row.edits])
            for row in group.rows:
                if row.edits:
                    yield from _edits(_label(row), row.edits)
    yield from _edits("negotiations without a partner", words.unpaired(peer, names))
    yield from _edits("diagnoses", words.peer_codes(peer, names))


def _label(row: Row) -> str:
    """Return the name of an aspect; the selectors of a Child SA, which come from the log, as code."""
    return row.label if row.child_sa is None else f"Child SA {code(row.child_sa)}: {row.label}"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        yield from ("", "| what | before | after |", "| --- | --- | --- |")
        yield from (f"| {_label(row)} | {code(row.before)} | {code(row.after)} |" for row in rows)


def _edits(label: str, edits: Sequence[Edit]) -> Iterator[str]:
    """Yield a `diff` block; no line of it can end it, as each begins with a sign."""
    if edits:
        yield from ("", f"{label}:", "", "```diff")
        yield from (f"{edit.op} {visible(edit.text)}" for edit in edits)
        yield "```"


def _of_no_negotiation(diff: Diff) -> list[str]:
    edits = words.code_edits(diff.gone, diff.come)
    return ["", *list(_edits("diagnoses of no negotiation", edits))[1:]] if edits else []
