"""The manual page of a rule, and the table of all rules."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import TextIO

from ikelog.diagnosis.rule import Rule
from ikelog.diagnosis.types import Fix

_PAGE_WIDTH = 88
SIDES = {
    "local": "this device",
    "peer": "the peer",
    "both": "either end",
    "path": "the network between",
    "unknown": "not known from this log",
}
PLATFORMS = {"ios": "IOS, IOS-XE", "asa": "ASA, FTD", "peer": "The other end", "path": "The path"}


def render_page(rule: Rule, out: TextIO, *, width: int) -> None:
    """Write a rule's manual page, wrapped to `width` columns (0: to a page's width)."""
    columns = min(width or _PAGE_WIDTH, _PAGE_WIDTH)
    for heading, lines in _sections(rule):
        if heading:
            out.write(f"\n{heading}\n")
        for line in lines:
            indent = " " * (len(line) - len(line.lstrip()))
            out.write("\n".join(textwrap.wrap(line, columns, subsequent_indent=indent, break_long_words=False)) + "\n")


def _sections(rule: Rule) -> Iterator[tuple[str, list[str]]]:
    yield "", [f"{rule.code} {rule.name}: {rule.title}"]
    yield "", [f"Severity {rule.severity}; to be changed at: {SIDES[rule.side]}."]
    yield "What it means", [f"  {rule.meaning}"]
    if rule.looks_like:
        yield "What it looks like", [f"  {line}" for line in rule.looks_like]
    if rule.fix:
        yield "What to do", [line for fix in rule.fix for line in _fix_lines(fix)]
    if rule.mistaken_for:
        yield "Often mistaken for", [f"  {rule.mistaken_for}"]
    if rule.references:
        yield "References", [f"  {reference}" for reference in rule.references]
    if rule.sample:
        yield "Try it", [f"  ikelog{' --audit' if rule.audit else ''} samples/{rule.sample}"]


def _fix_lines(fix: Fix) -> list[str]:
    platform = PLATFORMS.get(fix.platform, fix.platform)
    return [f"  {platform}: {fix.why}", *(f"      {command}" for command in fix.commands)]


def render_table(rules: Sequence[Rule], out: TextIO, format_name: str) -> None:
    """Write the table of the rules as `text`, `markdown` or `json`."""
    if format_name == "json":
        keys = ("code", "name", "severity", "side", "title", "meaning", "references")
        json.dump([{key: getattr(rule, key) for key in keys} for rule in rules], out, indent=2)
        out.write("\n")
        return
    if format_name == "markdown":
        out.write("| code | name | severity | what it says |\n| --- | --- | --- | --- |\n")
        for rule in rules:
            out.write(f"| {rule.code} | {rule.name} | {rule.severity} | {rule.title} |\n")
        return
    longest = max(len(rule.name) for rule in rules)
    for rule in rules:
        out.write(f"{rule.code}  {rule.name:<{longest}}  {rule.severity:<7}  {rule.title}\n")
