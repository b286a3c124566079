"""A browser for the tests that need one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import Watched
from browsing import browser as started


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One browser for all tests of a process."""
    with started() as found:
        yield found


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Watched]]:
    """Give new pages, watched: at its end a test fails if one has complained, or loaded anything but itself."""
    pages: list[tuple[Any, Watched]] = []

    def new(**options: Any) -> Watched:
        context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, **options})
        pages.append((context, Watched(context.new_page())))
        return pages[-1][1]

    yield new
    for context, watched in pages:
        context.close()
        watched.check()
