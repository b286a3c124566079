"""A watch on a terminal: what became of each negotiation goes by, and a table below shows what is under way."""

from collections import Counter
from io import StringIO
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ikelog.correlation.types import Negotiation
from ikelog.reporting import wording
from ikelog.reporting.layout import Page, write
from ikelog.reporting.safe import visible
from ikelog.watch.follower import Follower
from ikelog.watch.remembered import Seen
from ikelog.watch.telling import news_lines
from ikelog.watch.types import EVENTS, News

_STYLES = {"UP": "green", "FAILED": "bold red", "CHILD SA FAILED": "bold red", "UP, THEN FAILED": "bold red"}
_ROWS = 10
_WORDS = {"up": "up", "failed": "failed", "closed": "closed", "unfinished": "unfinished"}


class Screen:
    """Prints news above a table that is drawn anew with each look; `close` leaves the table's last line."""

    def __init__(self, out: TextIO, page: Page, *, name: str, is_brief: bool = False) -> None:
        self.page = page
        self.name = name
        self.is_brief = is_brief
        self.counts: Counter[str] = Counter()
        self.console = Console(file=out, no_color=not page.colour, highlight=False, markup=False, emoji=False)
        self.live = Live(console=self.console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self.live.start()

    def tell(self, news: News) -> None:
        """Print news above the table."""
        self.counts[news.event] += 1
        text = StringIO()
        write(news_lines(news, self.page, is_brief=self.is_brief), text, colour=self.page.colour)
        self.live.console.print(Text.from_ansi(text.getvalue().removesuffix("\n")), soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a remark above the table."""
        self.live.console.print(Text(visible(f"ikelog: {text}"), style="dim"))

    def show(self, follower: Follower) -> None:
        """Draw the table of what is under way."""
        rows = [pair for pair in follower.pairs if pair[1].told in (None, "up", "unfinished")]
        parts = [_counts(self, follower)]
        self.live.update(Group(_table(rows[-_ROWS:]), *parts) if rows else Group(*parts), refresh=True)

    def close(self) -> None:
        """Leave the counts as the last line."""
        self.live.stop()


def _table(rows: list[tuple[Negotiation, Seen]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("", "id", "peer", "", "since", "last"):
        table.add_column(head, no_wrap=True, overflow="ellipsis")
    for negotiation, seen in rows:
        status = wording.status(negotiation) if negotiation.outcome != "incomplete" else "UNDER WAY"
        cells = (seen.id, wording.peer(negotiation), wording.role(negotiation), wording.clock(negotiation.started_at))
        last = next((m for m in reversed(negotiation.messages) if m.exchange != "UNKNOWN"), None)
        step = "" if last is None else f"{last.exchange} {last.step or last.message_id or 0} {last.direction}"
        table.add_row(Text(status, _STYLES.get(status, "yellow")), *(Text(visible(cell)) for cell in (*cells, step)))
    return table


def _counts(screen: Screen, follower: Follower) -> Text:
    told = [f"{screen.counts[event]:,} {_WORDS[event]}" for event in EVENTS if screen.counts[event]]
    lines = wording.count(follower.window.end, "line")
    return Text(visible(" · ".join([screen.name, lines, *told])), style="dim")
