"""How many bytes of a dense log ikelog reads in a second, beside plain Lark, mawk and grep on the same log."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.startup import ikelog
from benchmarks.templates import SAMPLES
from benchmarks.timing import Command, Run, format_peak, measure, middle_ratio, own_peak, peak_of, run_once

ROOT = Path(__file__).resolve().parent.parent
# Read before the first round, so that ikelog's tables of both platforms are there.
WARM_UP = ("iosxe-healthy-initiator.log", "asa-healthy-initiator.log")
IKELOG, LARK, MAWK, GREP = "ikelog FILE", "plain Lark", "mawk, one pass", "grep -c IKEv2"
_COUNT_PER_HANDLE = r"""
match($0, /\((SESSION ID = [0-9]+,)?SA ID = [0-9]+\)|\([0-9]+\):/) {
    events[substr($0, RSTART, RLENGTH)]++
    text = substr($0, RSTART + RLENGTH + 1)
    characters += length(text)
}
END { for (handle in events) handles++; print handles, NR, characters }
"""


def measure_throughput(
    platform: str,
    folder: Path,
    *,
    size: int,
    lark_size: int,
    seed: int,
    runs: int,
    note: Callable[[str], None],
) -> dict[str, Any]:
    """Write a dense log of a platform into a folder and time the commands on it."""
    log = folder / f"dense-{platform}-{size}-{seed}.log"
    note(f"writing {log}")
    _write_log(log, platform, size, seed)
    commands, missing = _commands(log, lark_size)
    for line in missing:
        note(line)
    floor, core = own_peak(), _pin()
    try:
        for sample in WARM_UP:
            run_once(Command(IKELOG, (ikelog(), str(SAMPLES / sample))))
        found = measure(commands, runs, note=note)
    finally:
        _release(core)
    written = log.stat().st_size
    return {
        "platform": platform,
        "bytes": written,
        "lark_bytes": min(lark_size, written),
        "seed": seed,
        "runs": runs,
        "pinned": core is not None,
        "missing": missing,
        "commands": [_row(name, found[name], written, floor) for name in found],
        "ratios": _ratios(found, written),
    }


def _write_log(log: Path, platform: str, size: int, seed: int) -> None:
    """Write the log in a process of its own: what it needs of memory would be counted for all that follow."""
    command = [sys.executable, "-m", "benchmarks.logs", platform, f"--size={size}", f"--seed={seed}", f"--output={log}"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"benchmarks: {' '.join(command)}: exit status {done.returncode}\n{done.stderr}")


def _commands(log: Path, lark_size: int) -> tuple[list[Command], list[str]]:
    """Return the commands, and a line for each tool that is not installed."""
    lark = (sys.executable, str(ROOT / "benchmarks" / "plain_lark.py"), str(log), str(lark_size))
    commands = [Command(IKELOG, (ikelog(), str(log))), Command(LARK, lark, piped=True)]
    missing = []
    for name, arguments in ((MAWK, ("mawk", _COUNT_PER_HANDLE)), (GREP, ("grep", "-c", "IKEv2"))):
        if shutil.which(arguments[0]):
            # Into a pipe: GNU grep stops at the first match where its output is /dev/null.
            commands.append(Command(name, (*arguments, str(log)), piped=True, plain=True))
        else:
            missing.append(f"{name}: skipped, {arguments[0]} is not installed")
    return commands, missing


def _pin() -> set[int] | None:
    """Keep this process and those that it starts on one core, where that can be done; return where it was before."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    return before


def _release(before: set[int] | None) -> None:
    if before is not None:
        os.sched_setaffinity(0, before)


def _rates(name: str, runs: list[Run], written: int) -> list[float]:
    """Return the megabytes a second of each run; plain Lark tells itself what it read, and in which time."""
    if name != LARK:
        return [written / run.seconds / 1e6 for run in runs]
    told = [json.loads(run.output) for run in runs]
    return [one["bytes"] / one["seconds"] / 1e6 for one in told]


def _row(name: str, runs: list[Run], written: int, floor: int) -> dict[str, Any]:
    rates = _rates(name, runs, written)
    peak = peak_of(runs, floor)
    return {
        "command": name,
        "mb_per_s": round(median(rates), 2),
        "fastest_mb_per_s": round(max(rates), 2),
        "slowest_mb_per_s": round(min(rates), 2),
        "median_s": round(median(run.seconds for run in runs), 3),
        "peak_mb": round((peak or floor) / 1e6, 1),
        "peak_is_bound": peak is None,
    }


def _ratios(found: dict[str, list[Run]], written: int) -> dict[str, float]:
    """Return how many times the rate of each other command ikelog reaches."""
    rates = {name: _rates(name, runs, written) for name, runs in found.items()}
    return {name: middle_ratio(rates[IKELOG], rates[name]) for name in rates if name != IKELOG}


def format_throughput(found: dict[str, Any]) -> list[str]:
    """Return the lines of the table."""
    pinned = "on one core" if found["pinned"] else "not pinned"
    return [
        f"Dense {found['platform'].upper()} log: {found['bytes'] / 1e6:.3g} MB ({found['lark_bytes'] / 1e6:.3g} MB for "
        f"plain Lark), seed {found['seed']}, {found['runs']} rounds, {pinned}",
        "",
        f"{'':18}{'MB/s':>10}{'slowest':>10}{'fastest':>10}{'seconds':>10}{'peak':>10}",
        *(_line(row) for row in found["commands"]),
        *found["missing"],
        "",
        *(f"ikelog against {name}: {_times(ratio)}" for name, ratio in found["ratios"].items()),
    ]


def _line(row: dict[str, Any]) -> str:
    rates = "{command:18}{mb_per_s:>10.1f}{slowest_mb_per_s:>10.1f}{fastest_mb_per_s:>10.1f}{median_s:>10.2f}"
    return f"{rates.format(**row)}{format_peak(row):>10}"


def _times(ratio: float) -> str:
    return f"{ratio:.1f}x" if ratio >= 1 else f"1/{1 / ratio:.1f}"
