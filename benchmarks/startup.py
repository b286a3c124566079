"""How long someone waits who runs ikelog once on a short log."""

import itertools
import sys
import sysconfig
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.templates import SAMPLES
from benchmarks.timing import MOST_INPUT, Command, Run, format_peak, measure, middle_ratio, own_peak, peak_of

WARM_UP_ROUNDS = 2
LINES = 200
SAMPLE = SAMPLES / "asa-psk-mismatch.log"


def ikelog() -> str:
    """Return the command of the environment that this runs in."""
    return str(Path(sysconfig.get_path("scripts"), "ikelog"))


def measure_start_up(runs: int) -> dict[str, Any]:
    """Time the bare interpreter, the bare command and a paste."""
    commands = [
        Command("python3 -c pass", (sys.executable, "-c", "pass"), piped=True),
        Command("ikelog --version", (ikelog(), "--version"), piped=True),
        Command(f"ikelog < paste of {LINES} lines", (ikelog(),), stdin=build_paste(SAMPLE, LINES), piped=True),
    ]
    floor = own_peak()
    found = measure(commands, runs, warm_up=WARM_UP_ROUNDS)
    return {
        "runs": runs,
        "warm_up_rounds": WARM_UP_ROUNDS,
        "sample": SAMPLE.name,
        "lines": LINES,
        "commands": [_row(name, found[name], found[commands[0].name], floor) for name in found],
    }


def build_paste(sample: Path, lines: int) -> bytes:
    """Return so many lines of a sample, from its beginning again where it has fewer."""
    try:
        found = sample.read_bytes().splitlines(keepends=True)
    except OSError as error:
        sys.exit(f"benchmarks: {sample}: {error.strerror}")
    paste = b"".join(itertools.islice(itertools.cycle(found), lines))
    if not 0 < len(paste) < MOST_INPUT:
        sys.exit(f"benchmarks: {sample}: {len(paste)} bytes are no paste")
    return paste


def _row(name: str, runs: list[Run], bare: list[Run], floor: int) -> dict[str, Any]:
    times = [run.seconds * 1000 for run in runs]
    peak = peak_of(runs, floor)
    return {
        "command": name,
        "median_ms": round(median(times), 1),
        "fastest_ms": round(min(times), 1),
        "slowest_ms": round(max(times), 1),
        "peak_mb": round((peak or floor) / 1e6, 1),
        "peak_is_bound": peak is None,
        "ratio": round(middle_ratio(times, [run.seconds * 1000 for run in bare]), 2),
    }


def format_start_up(found: dict[str, Any]) -> list[str]:
    """Return the lines of the table."""
    return [
        f"Start-up: {found['runs']} rounds, {found['lines']} lines of {found['sample']}",
        "",
        f"{'':30}{'median':>11}{'fastest':>11}{'slowest':>11}{'peak':>10}{'ratio':>9}",
        *(_line(row) for row in found["commands"]),
    ]


def _line(row: dict[str, Any]) -> str:
    times = "{command:30}{median_ms:>8.1f} ms{fastest_ms:>8.1f} ms{slowest_ms:>8.1f} ms".format(**row)
    return f"{times}{format_peak(row):>10}{row['ratio']:>8.2f}x"
