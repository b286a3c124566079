"""Throughput and start-up of ikelog as whole processes; README.md says how they are measured."""

import argparse
import json
import os
import platform
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from benchmarks.sizes import read_size
from benchmarks.startup import format_start_up, measure_start_up
from benchmarks.throughput import format_throughput, measure_throughput

PLATFORMS = ("ios", "asa")
START_UP_RUNS, THROUGHPUT_RUNS = 20, 5


def main() -> None:
    """Measure what the options ask for and print it."""
    options = read_options()
    result: dict[str, Any] = {"setting": describe_setting()}
    if options.only != "throughput":
        result["start_up"] = measure_start_up(options.runs or START_UP_RUNS)
    if options.only != "start-up":
        result["throughput"] = measure_platforms(options)
    print(json.dumps(result, indent=2) if options.json else format_result(result))


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON in place of tables")
    parser.add_argument("--only", choices=("throughput", "start-up"), help="one half of it")
    parser.add_argument(
        "--runs", type=int, metavar="N", help=f"rounds ({THROUGHPUT_RUNS}; {START_UP_RUNS} for the start-up)"
    )
    parser.add_argument("--size", type=read_size, default="200M", metavar="BYTES", help="of each dense log (200M)")
    parser.add_argument("--lark-size", type=read_size, default="4M", metavar="BYTES", help="for plain Lark (4M)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the dense logs (1)")
    parser.add_argument("--platform", choices=(*PLATFORMS, "both"), default="both", help="of the dense logs (both)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the logs there")
    options = parser.parse_args()
    if options.runs is not None and options.runs < 1:
        parser.error("--runs begins at 1")
    return options


def measure_platforms(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure the throughput on the dense logs; they are deleted afterwards unless they are to be kept."""
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    with nullcontext(options.keep) if options.keep else tempfile.TemporaryDirectory() as folder:
        return [
            measure_throughput(
                name,
                Path(folder),
                size=options.size,
                lark_size=options.lark_size,
                seed=options.seed,
                runs=options.runs or THROUGHPUT_RUNS,
                note=note,
            )
            for name in (PLATFORMS if options.platform == "both" else (options.platform,))
        ]


def note(line: str) -> None:
    """Tell on a terminal what takes the time."""
    if sys.stderr.isatty() or "skipped" in line:
        print(f"benchmarks: {line}", file=sys.stderr)


def describe_setting() -> dict[str, object]:
    """Return what the numbers hang on."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
    }


def format_result(result: dict[str, Any]) -> str:
    """Return the tables."""
    blocks = ["{python}, {system}, {cores} cores".format(**result["setting"])]
    if "start_up" in result:
        blocks.append("\n".join(format_start_up(result["start_up"])))
    blocks += ["\n".join(format_throughput(found)) for found in result.get("throughput", [])]
    return "\n\n".join(blocks)


if __name__ == "__main__":
    main()
