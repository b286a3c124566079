"""The line that names a block: how it went, with whom, who began, how often, and the verdict."""

from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.blocks import Block
from ikelog.reporting.layout import Line, Page, Span, Style, cut_front, justified, line, span

_STYLES: dict[str, Style] = {
    "FAILED": "bad",
    "CHILD SA FAILED": "bad",
    "UP, THEN FAILED": "bad",
    "UNFINISHED": "odd",
    "IKE SA ONLY": "odd",
    "UP": "good",
}


def heading(block: Block, page: Page, *, name_device: bool = False) -> list[Line]:
    """Return the heading of a block, its verdict at the right margin."""
    left = line(span(block.status, _STYLES[block.status]), "  " + "  ".join(filter(None, _who(block, name_device))))
    return justified(left, line(span(_verdict(block), "strong")) if block.negotiations[0].verdict else (), page)


def cells(block: Block, page: Page, *, name_device: bool = False) -> list[Span]:
    """Return what a heading says, and where the block begins, as the cells of a table."""
    first = block.negotiations[0]
    where = cut_front(wording.place(first), page.width // 3)
    status = span(block.status, _STYLES[block.status])
    columns = (*_who(block, name_device), first.verdict or "", f"{where}  {wording.clock(first.started_at)}".strip())
    return [status, *map(span, columns)]


def has_several_devices(report: Report) -> bool:
    """Tell whether the negotiations are more than one device's, so that `we` must be named."""
    return len({negotiation.device for negotiation in report.negotiations}) > 1


def _who(block: Block, name_device: bool) -> tuple[str, ...]:
    first, number = block.negotiations[0], len(block.negotiations)
    return (
        wording.peer(first),
        wording.role(first),
        f"on {first.device}" if name_device and first.device else "",
        f"{number:,} times" if number > 1 else "",
    )


def _verdict(block: Block) -> str:
    name = block.finding.name if block.finding else ""
    return f"{block.negotiations[0].verdict} {name}".rstrip()
