"""Whole processes, timed in turn."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

# What a pipe takes before anybody reads from it.
MOST_INPUT = 60_000


@dataclass(frozen=True, slots=True)
class Command:
    """A process to time. With `stdin` it reads that from a pipe; its output goes to a pipe where `piped`, else away."""

    name: str
    arguments: tuple[str, ...]
    stdin: bytes | None = None
    piped: bool = False
    plain: bool = False  # run in the C locale, in which tools that know of characters are fastest


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds from before the start until the process was waited for, its peak memory, its output."""

    seconds: float
    peak: int | None
    output: bytes


def measure(
    commands: list[Command], runs: int, *, warm_up: int = 0, note: Callable[[str], None] = lambda _: None
) -> dict[str, list[Run]]:
    """Run each command once a round; each round starts with another one, and those of the warm-up do not count."""
    found: dict[str, list[Run]] = {command.name: [] for command in commands}
    for number in range(-warm_up, runs):
        turn = number % len(commands)
        for command in commands[turn:] + commands[:turn]:
            note(f"round {number + 1} of {runs}: {command.name}")
            run = run_once(command)
            if number >= 0:
                found[command.name].append(run)
    return found


def run_once(command: Command) -> Run:
    """Run a command; one that fails ends the benchmark with what it said."""
    # Python keeps what it compiled, as it does for a user who set nothing.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if command.plain:
        environment["LC_ALL"] = "C"
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        try:
            process = subprocess.Popen(
                command.arguments,
                stdin=subprocess.DEVNULL if command.stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE if command.piped else subprocess.DEVNULL,
                stderr=errors,
                env=environment,
            )
        except OSError as error:
            sys.exit(f"benchmarks: {command.arguments[0]}: {error.strerror}")
        output = _exchange(process, command)
        peak = _wait(process)
        seconds = time.perf_counter() - began
        if process.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace")
            sys.exit(f"benchmarks: {' '.join(command.arguments)}: exit status {process.returncode}\n{said}")
    return Run(seconds, peak, output)


def _exchange(process: subprocess.Popen[bytes], command: Command) -> bytes:
    if process.stdin and command.stdin is not None:
        try:
            with process.stdin:
                process.stdin.write(command.stdin)
        except BrokenPipeError:
            pass  # it ended early: its status tells why
    if not process.stdout:
        return b""
    with process.stdout:
        return process.stdout.read()


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for a process and return its peak memory in bytes, where the system tells it."""
    if not hasattr(os, "wait4"):
        process.wait()
        return None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def own_peak() -> int:
    """Return this process's own peak memory: Linux counts it for the processes that it starts as well."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def peak_of(runs: list[Run], floor: int) -> int | None:
    """Return the peak memory over runs; None where it is not told apart from that of the benchmark itself."""
    peaks = [run.peak for run in runs if run.peak is not None]
    return max(peaks) if peaks and max(peaks) > floor * 1.1 else None


def format_peak(row: dict[str, Any]) -> str:
    """Return the peak memory of a row; where only the benchmark's own is known it is less than that."""
    return f"{'<' if row['peak_is_bound'] else ''}{row['peak_mb']:.0f} MB"


def middle_ratio(values: list[float], others: list[float]) -> float:
    """Return the median of the ratios of values of the same round."""
    return median(value / other for value, other in zip(values, others, strict=True))
