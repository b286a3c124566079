"""A command of the user's that is run for each piece of news, with it on its standard input."""

import queue
import subprocess
import threading
from collections.abc import Callable, Sequence

from ikelog.watch.follower import Follower
from ikelog.watch.telling import json_line
from ikelog.watch.types import News

# So many pieces of news wait for a slow command; then the watch waits for it too.
_WAITING = 1000


class Hook:
    """Runs a command, one at a time, in the order of the news.

    It is given no shell, and nothing of the log but on its standard input. One that fails is said, and never ends the
    watch; one that takes longer than `timeout` seconds is stopped.
    """

    def __init__(self, command: Sequence[str], timeout: float, say: Callable[[str], None]) -> None:
        self.command = list(command)
        self.timeout = timeout
        self.say = say
        self._news: queue.Queue[str | None] = queue.Queue(_WAITING)
        self._runner = threading.Thread(target=self._run_all, daemon=True)
        self._runner.start()

    def tell(self, news: News) -> None:
        """Let the command have one piece of news."""
        self._news.put(json_line(news))

    def show(self, follower: Follower) -> None:
        """What is under way is no news."""

    def close(self) -> None:
        """Wait until the command has had all news."""
        self._news.put(None)
        self._runner.join()

    def _run_all(self) -> None:
        while (text := self._news.get()) is not None:
            failure = self._run(text)
            if failure:
                self.say(f"--exec {self.command[0]}: {failure}")

    def _run(self, text: str) -> str:
        """Run the command once; return what went wrong, empty if nothing did."""
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command, without a shell
                self.command,
                input=text.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=self.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"stopped after {self.timeout:g} seconds"
        except OSError as error:
            return str(error.strerror or error)
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return f"exit status {done.returncode}" + (f": {last}" if last else "") if done.returncode else ""
