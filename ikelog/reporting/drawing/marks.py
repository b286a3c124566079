"""What a drawn ladder shows, before it has a place: messages, retransmissions, local steps, gaps, work, Child SAs."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from ikelog.correlation.types import ChildSa, Message, Negotiation, Repeat
from ikelog.diagnosis.types import Finding
from ikelog.record import record, replaced
from ikelog.reporting import wording
from ikelog.reporting.ladder_rows import MOST_REPEATS, Row, ladder_rows
from ikelog.reporting.selectors import selector_text

# From this much silence on, a picture with even distances tells that time has passed.
GAP_MS = 1000

Kind = Literal["message", "repeat", "step"]
Work = Literal["dh", "certificate", "authentication", "policy"]

_KINDS: dict[Work, tuple[str, ...]] = {
    "dh": ("dh_requested", "dh_computed"),
    "certificate": (
        "signature_verified",
        "certificate_rejected",
        "trustpoint_missing",
        "peer_id_check_failed",
    ),
    "authentication": (
        "own_method",
        "peer_method",
        "peer_authentication_verified",
        "authentication_differs",
        "preshared_key_missing",
        "own_authentication_unset",
        "peer_authenticated",
        "xauth_failed",
    ),
    "policy": (
        "tunnel_group_found",
        "tunnel_group_landed",
        "policy_found",
        "profile_found",
        "profile_chosen",
        "ike_transform_checked",
        "crypto_map_matched",
        "crypto_map_accepted",
    ),
}
_WORK = {kind: work for work, kinds in _KINDS.items() for kind in kinds}
WORK_NAMES: dict[Work, str] = {
    "dh": "DH",
    "certificate": "certificates",
    "authentication": "authentication, AAA",
    "policy": "policy",
}
# A retransmission is drawn as an arrow of its own: the step that says so would say it twice.
_SAID_BY_REPEATS = ("message_retransmitted", "retransmission_begun")


@record
class Mark:
    """One thing on the time axis.

    `gap_ms` is the silence before it where that is worth telling, `skipped` how many marks before it are left out.
    """

    kind: Kind
    row: Row
    work: Work | None = None
    gap_ms: int | None = None
    skipped: int = 0


@record
class Block:
    """Local work of one sort: from one mark to another, both included."""

    work: Work
    first: int
    last: int


@record
class Bar:
    """The life of a Child SA: from a mark to another, None where the log ends first. `joined` is the bar it rekeys."""

    child: ChildSa
    first: int
    last: int | None
    lane: int
    joined: int | None


@record
class Drawing:
    """All that one ladder shows; `here` is the side of the device that logs."""

    negotiation: Negotiation
    here: Literal["left", "right"]
    marks: tuple[Mark, ...]
    blocks: tuple[Block, ...]
    bars: tuple[Bar, ...]
    clocked: bool


def build_drawing(negotiation: Negotiation, finding: Finding | None, most: int = 0) -> Drawing:
    """Return what the ladder of a negotiation shows; `finding` is its verdict's.

    Of more than `most` marks it keeps both ends, and what proves the verdict; 0 keeps all.
    """
    marks = tuple(_kept(list(_with_gaps(_marks(negotiation, finding))), most))
    moments = {mark.row.offset_ms for mark in marks if mark.row.offset_ms is not None}
    return Drawing(
        negotiation,
        "right" if negotiation.role == "responder" else "left",
        marks,
        tuple(_blocks(marks)),
        tuple(_bars(negotiation, marks)),
        len(moments) > 1,
    )


def _marks(negotiation: Negotiation, finding: Finding | None) -> list[Mark]:
    order = {source: number for number, source in enumerate(dict.fromkeys(span.source for span in negotiation.spans))}
    repeated = any(message.repeats for message in negotiation.messages)
    marks = []
    for row in ladder_rows(negotiation, finding):
        if row.message is None:
            if not (repeated and row.kind in _SAID_BY_REPEATS):
                marks.append(Mark("step", row, _WORK.get(row.kind)))
            continue
        marks.append(Mark("message", _unrepeated(row)))
        marks += [Mark("repeat", again) for again in _repeats(row, row.message)]
    return sorted(marks, key=lambda mark: (order.get(mark.row.source, len(order)), mark.row.line))


def _unrepeated(row: Row) -> Row:
    """Return a message's row without what its retransmissions, drawn by themselves, tell."""
    return row._replace(remarks=tuple(remark for remark in row.remarks if not remark.startswith("again ×")))


def _repeats(row: Row, message: Message) -> Iterator[Row]:
    last = Repeat(message.source, message.line, message.time, message.offset_ms)
    for number, repeat in enumerate(message.repeats[:MOST_REPEATS], 1):
        text = f"again, {number} of {len(message.repeats)}"
        if repeat.offset_ms is not None and last.offset_ms is not None and repeat.source == last.source:
            text += f", {wording.interval(repeat.offset_ms - last.offset_ms)} later"
        yield row._replace(
            source=repeat.source,
            line=repeat.line,
            end_line=repeat.line,
            time=repeat.time,
            offset_ms=repeat.offset_ms,
            text=text,
            remarks=(),
        )
        last = repeat


def _with_gaps(marks: Sequence[Mark]) -> Iterator[Mark]:
    if marks:
        yield marks[0]
    for earlier, later in pairwise(marks):
        gap = None
        first, second = earlier.row, later.row
        if first.source == second.source and first.offset_ms is not None and second.offset_ms is not None:
            gap = second.offset_ms - first.offset_ms
        yield replaced(later, gap_ms=gap) if gap is not None and gap >= GAP_MS else later


def _kept(marks: Sequence[Mark], most: int) -> Iterator[Mark]:
    skipped = 0
    for n, mark in enumerate(marks):
        if not most or len(marks) <= most or n < most // 2 or n >= len(marks) - most // 2 or mark.row.proves:
            yield replaced(mark, skipped=skipped, gap_ms=None) if skipped else mark
            skipped = 0
        else:
            skipped += 1


def is_apart(mark: Mark) -> bool:
    """Tell whether a mark stands apart from the one before it."""
    return mark.gap_ms is not None or mark.skipped > 0


def _blocks(marks: Sequence[Mark]) -> Iterator[Block]:
    first = 0
    while first < len(marks):
        work, last = marks[first].work, first
        while last + 1 < len(marks) and work and marks[last + 1].work == work and not is_apart(marks[last + 1]):
            last += 1
        if work:
            yield Block(work, first, last)
        first = last + 1


def _bars(negotiation: Negotiation, marks: Sequence[Mark]) -> Iterator[Bar]:
    if not marks:
        return
    children = negotiation.child_sas
    firsts = [_first_mark(child, marks) for child in children]
    places = {child.id: place for place, child in enumerate(children)}
    successors = {child.rekeyed_from: place for place, child in enumerate(children) if child.rekeyed_from}
    ends: list[int] = []
    for place, child in enumerate(children):
        last = _last_mark(child, marks, firsts[place])
        if last is None and child.state == "rekeyed" and child.id in successors:
            last = firsts[successors[child.id]]
        lane = next((n for n, end in enumerate(ends) if end < firsts[place]), len(ends))
        ends[lane : lane + 1] = [len(marks) if last is None else last]
        yield Bar(child, firsts[place], last, lane, places.get(child.rekeyed_from or ""))


def _first_mark(child: ChildSa, marks: Sequence[Mark]) -> int:
    return next((n for n, mark in enumerate(marks) if mark.row.end_line >= child.line), len(marks) - 1)


def _last_mark(child: ChildSa, marks: Sequence[Mark], first: int) -> int | None:
    ended = child.ended_at
    if ended is None or child.state == "up":
        return None
    before = [n for n, mark in enumerate(marks) if n >= first and mark.row.time and mark.row.time <= ended]
    return before[-1] if before else None


def child_title(child: ChildSa) -> str:
    """Return a Child SA in words: its protocol, SPIs, selectors and state."""
    local, remote = (
        ", ".join(map(selector_text, selectors)) or "(unknown)"
        for selectors in (child.local_selectors, child.remote_selectors)
    )
    parts = [
        f"Child SA {child.id}",
        (child.protocol or "").upper(),
        wording.child_spis(child),
        f"{local} to {remote}",
        f"rekeyed from {child.rekeyed_from}" if child.rekeyed_from else "",
        f"{child.state or ''} {child.verdict or ''}".strip(),
    ]
    return "  ".join(part for part in parts if part)
