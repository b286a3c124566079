"""What `ikelog check` does, once it is known with which options."""

import importlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

import click

from ikelog.check import checking, known
from ikelog.check.expectation import Limit, Policy
from ikelog.check.expectation_file import read_expectations
from ikelog.check.known import Known, baseline_text, read_baseline
from ikelog.check.profile_file import check_profiles, names, read_profile
from ikelog.check.toml_file import BrokenConfiguration, TomlFile
from ikelog.check.types import Checked
from ikelog.check.values import suggestion
from ikelog.cli import options
from ikelog.cli.check import BESIDE, RENDERERS
from ikelog.cli.inputs import final_status, read_sources
from ikelog.cli.output import discard_output, say, wants_colour, width_of, write_utf8, writing
from ikelog.pipeline import Options
from ikelog.reading.sources import SourceText

_FILTERS = ("peer", "spi", "device", "since", "until", "tz", "year", "platform")
# Filters that leave out negotiations.
_NARROWING = ("peer", "spi", "device", "since", "until")

Given = Mapping[str, Any]


def check_files(given: Given, file: TomlFile | None) -> int:
    """Check files, print the result, write what else is asked for, and return the exit status."""
    chosen = {key: given[key] for key in (*_FILTERS, "select", "ignore")}
    wanted: Options = options.pipeline_options(**chosen)
    try:
        policy = _policy(given, wanted, file)
        # one that is written now need not be there yet
        is_read = given["baseline"] and not given["init"] and not given["write_baseline"]
        baseline = read_baseline(given["baseline"]) if is_read else checking.NOTHING_KNOWN
    except BrokenConfiguration as error:
        raise click.ClickException(str(error)) from None
    sources, status = read_sources(given["files"])
    if not sources:
        return status
    if given["init"]:
        return _init(sources, wanted, given["output"], status)
    if given["write_baseline"]:
        # what is known already counts too: it is written again if it is still there
        return _write_baseline(sources, wanted, policy, given["write_baseline"], status)
    return _check(sources, wanted, policy, baseline, given, status)


def _policy(given: Given, wanted: Options, file: TomlFile | None) -> Policy:
    """Return all that is asked of the logs; raises BrokenConfiguration and click.UsageError."""
    if file is not None:
        check_profiles(file)
    return Policy(
        fail_on=given["fail_on"],
        select=wanted.select,
        ignore=wanted.ignore,
        # expectations may be broken while new ones are written, and a baseline knows no better
        expectations=read_expectations(file) if file is not None and not given["init"] else (),
        limits=_profile(given["profile"], file),
        allow_unknown=given["allow_unknown"],
        exit_zero=given["exit_zero"],
        narrowed=any(given[name] is not None for name in _NARROWING),
    )


def _profile(name: str | None, file: TomlFile | None) -> tuple[Limit, ...]:
    if name is None:
        return ()
    try:
        return read_profile(name, file)
    except KeyError:
        raise click.UsageError(f"--profile {name}: no such profile{suggestion(name, names(file))}") from None


def _check(
    sources: Sequence[SourceText], wanted: Options, policy: Policy, baseline: Known, given: Given, status: int
) -> int:
    report = checking.analyze_all(sources, wanted)
    checked = checking.check(report, sources, policy, baseline=baseline, unread=bool(status))
    try:
        with writing(given["output"]) as out:
            _render(checked, given["format_name"], out, given)
    except BrokenPipeError:  # `| head` reads what it wants; the gate still tells, and writes its other files
        discard_output()
    for name in BESIDE:
        if given[f"{name}_output"]:
            with writing(given[f"{name}_output"]) as out:
                _render(checked, name, out, given)
    final_status(report, sources, status)  # says what was not recognised
    for entry in checked.stale:
        say(f"{baseline.path}: no longer found: {entry}; --write-baseline leaves it out")
    return checked.status


def _render(checked: Checked, format_name: str, out: Any, given: Given) -> None:
    if format_name == "text":
        from ikelog.check import text

        colour = wants_colour(given["color"], out)
        verbose, quiet = given["verbose"], given["quiet"]
        text.render(checked, out, width=width_of(out), colour=colour, verbose=verbose, quiet=quiet)
    else:
        write_utf8(out)
        importlib.import_module(RENDERERS[format_name]).render(checked, out)


def _init(sources: Sequence[SourceText], wanted: Options, output: str | None, status: int) -> int:
    """Write expectations of what the logs show; never over a file that somebody has looked over."""
    from ikelog.check.snapshot import expectations_text

    if output is not None and os.path.exists(output):
        raise click.UsageError(f"{output}: is there already; --init writes a new file only")
    report = checking.analyze_all(sources, wanted)
    told = final_status(report, sources, status)
    if not all(source.ike_lines for source in report.sources):
        return told or checking.NOTHING_RECOGNISED
    with writing(output) as out:
        write_utf8(out)  # TOML is nothing else
        out.write(expectations_text(report))
    return told


def _write_baseline(sources: Sequence[SourceText], wanted: Options, policy: Policy, path: str, status: int) -> int:
    report = checking.analyze_all(sources, wanted)
    told = final_status(report, sources, status)
    if told or not all(source.ike_lines for source in report.sources):
        return told or checking.NOTHING_RECOGNISED
    checked = checking.check(report, sources, policy)
    against = checking.against(checked)
    text = baseline_text(against, known.entries_of(report))
    with writing(path) as out:
        out.write(text)
    entries = text.count('"kind": ')
    say(f"{path}: {entries} {'entry' if entries == 1 else 'entries'} written")
    return 0
