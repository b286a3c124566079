"""Start-up time of ikelog as whole processes, beside the bare interpreter; README.md says how it is measured."""

import argparse
import itertools
import json
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WARM_UP_ROUNDS = 2


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "sample.log")
        log.write_bytes(build_log(options.sample, options.lines))
        commands = build_commands(log, options.lines)
        times = measure(commands, options.runs)
    result = {"setting": describe_setting(options), "commands": summarise(times)}
    print(json.dumps(result, indent=2) if options.json else format_table(result))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="rounds that count (20)")
    parser.add_argument("--lines", type=int, default=200, metavar="N", help="length of the log (200)")
    parser.add_argument("--sample", type=Path, default=ROOT / "samples" / "asa-psk-mismatch.log", metavar="FILE")
    options = parser.parse_args()
    if options.runs < 1 or options.lines < 1:
        parser.error("--runs and --lines begin at 1")
    return options


def build_log(sample: Path, lines: int) -> bytes:
    try:
        with sample.open("rb") as file:
            found = [line.rstrip(b"\n") + b"\n" for line in file]
    except OSError as error:
        sys.exit(f"benchmarks: {sample}: {error.strerror}")
    if not found:
        sys.exit(f"benchmarks: {sample}: empty")
    return b"".join(itertools.islice(itertools.cycle(found), lines))


def build_commands(log: Path, lines: int) -> dict[str, list[str]]:
    ikelog = str(Path(sysconfig.get_path("scripts"), "ikelog"))
    return {
        "python3 -c pass": [sys.executable, "-c", "pass"],
        "ikelog --version": [ikelog, "--version"],
        f"ikelog SAMPLE ({lines} lines)": [ikelog, str(log)],
    }


def measure(commands: dict[str, list[str]], runs: int) -> dict[str, list[float]]:
    """Milliseconds per command, one value a round; each round starts with another command."""
    names = list(commands)
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(-WARM_UP_ROUNDS, runs):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            elapsed = time_once(commands[name])
            if number >= 0:
                times[name].append(elapsed)
    return times


def time_once(command: list[str]) -> float:
    started = time.perf_counter()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except OSError as error:
        sys.exit(f"benchmarks: {command[0]}: {error.strerror}")
    elapsed = (time.perf_counter() - started) * 1000
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        sys.exit(f"benchmarks: {' '.join(command)}: exit status {done.returncode}\n{said}")
    return elapsed


def summarise(times: dict[str, list[float]]) -> list[dict[str, object]]:
    floor = next(iter(times.values()))
    return [
        {
            "command": name,
            "median_ms": round(median(values), 1),
            "fastest_ms": round(min(values), 1),
            "slowest_ms": round(max(values), 1),
            "ratio": round(median(value / base for value, base in zip(values, floor, strict=True)), 2),
        }
        for name, values in times.items()
    ]


def describe_setting(options: argparse.Namespace) -> dict[str, object]:
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "runs": options.runs,
        "warm_up_rounds": WARM_UP_ROUNDS,
        "sample": options.sample.name,
        "lines": options.lines,
    }


def format_table(result: dict[str, Any]) -> str:
    head = "{python}, {system}, {cores} cores; {runs} alternating runs each; {sample} at {lines} lines"
    rows = [f"{'':26}{'median':>10}{'fastest':>10}{'slowest':>10}{'ratio':>8}"]
    rows += [
        "{command:26}{median_ms:>7.1f} ms{fastest_ms:>7.1f} ms{slowest_ms:>7.1f} ms{ratio:>7.2f}x".format(**row)
        for row in result["commands"]
    ]
    return "\n".join([head.format(**result["setting"]), "", *rows])


if __name__ == "__main__":
    main()
