"""A watch that is read by a program, or in a file: a line, or a few, for each piece of news."""

from typing import TextIO

from ikelog.reporting.layout import Page, write
from ikelog.watch.follower import Follower
from ikelog.watch.telling import json_line, news_lines
from ikelog.watch.types import News


class JsonLines:
    """Writes each piece of news as one JSON object on a line of its own."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def tell(self, news: News) -> None:
        """Write news, and let it go at once: a program waits for it."""
        self.out.write(json_line(news))
        self.out.flush()

    def show(self, follower: Follower) -> None:
        """What is under way is no news."""

    def close(self) -> None:
        """Nothing is held back."""


class Lines:
    """Writes each piece of news as lines of plain text."""

    def __init__(self, out: TextIO, page: Page, *, is_brief: bool = False) -> None:
        self.out = out
        self.page = page
        self.is_brief = is_brief

    def tell(self, news: News) -> None:
        """Write news, and let it go at once: somebody may be waiting for it."""
        write(news_lines(news, self.page, is_brief=self.is_brief), self.out, colour=self.page.colour)
        self.out.flush()

    def show(self, follower: Follower) -> None:
        """What is under way is no news."""

    def close(self) -> None:
        """Nothing is held back."""
