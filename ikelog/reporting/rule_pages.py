"""The pages of `docs/diagnoses`: one for each rule, and the index of them."""

import re
from collections.abc import Iterator, Sequence

from ikelog.diagnosis.rule import Rule
from ikelog.diagnosis.types import Fix
from ikelog.reporting.manual import PLATFORMS, SIDES

INDEX = "README.md"
_FAMILIES = {
    "1": "IKE_SA_INIT; Main Mode 1 to 4, Aggressive Mode 1 and 2",
    "2": "IKE_AUTH; Main Mode 5 and 6, XAUTH, mode config",
    "3": "The Child SA; Quick Mode",
    "4": "The life of an SA",
    "5": "The data path",
    "6": "Weak algorithms, with `--audit` only",
    "9": "The log itself",
}
# Known from messages and states, or from documents: no such line of a device was at hand.
_UNSEEN = frozenset(
    """IKE107 IKE108 IKE110 IKE112 IKE117 IKE210 IKE211 IKE213 IKE217 IKE307 IKE308 IKE402 IKE410 IKE413 IKE503 IKE504
    IKE505""".split()
)
_RFC = r"RFC (\d+)(?: section ([\d.]+))?"


def pages(rules: Sequence[Rule]) -> dict[str, str]:
    """Return the pages by file name, the index among them."""
    return {INDEX: _index(rules), **{f"{rule.code}.md": _page(rule) for rule in rules}}


def _index(rules: Sequence[Rule]) -> str:
    lines = ["# The diagnoses", "", "Made from the rules by `make docs`; `ikelog explain CODE` prints the same.", ""]
    for digit, family in _FAMILIES.items():
        own = [rule for rule in rules if rule.code[3] == digit]
        if own:
            lines += [
                f"## {digit}xx: {family}",
                "",
                "| code | name | severity | what it says |",
                "| --- | --- | --- | --- |",
            ]
            lines += [f"| [{r.code}]({r.code}.md) | {r.name} | {r.severity} | {r.title} |" for r in own]
            lines.append("")
    unseen = ", ".join(rule.code for rule in rules if rule.code in _UNSEEN)
    lines.append(
        f"Not yet seen in a log of a real device: {unseen}. Their wording is Cisco's documents', or none is needed."
    )
    return "\n".join(lines) + "\n"


def _page(rule: Rule) -> str:
    return "\n\n".join(_parts(rule)) + "\n"


def _parts(rule: Rule) -> Iterator[str]:
    yield f"# {rule.code} {rule.name}"
    yield f"**{rule.title}.** Severity {rule.severity}; to be changed at: {SIDES[rule.side]}."
    if rule.audit:
        yield "Reported with `--audit` only."
    yield f"## What it means\n\n{_prose(rule.meaning)}"
    yield f"## What it looks like\n\n{_block(rule.looks_like)}"
    if rule.fix:
        yield "## What to do"
        yield from map(_fix, rule.fix)
    if rule.mistaken_for:
        yield f"## Often mistaken for\n\n{_prose(rule.mistaken_for[0].upper() + rule.mistaken_for[1:])}."
    if rule.references:
        yield "## References\n\n" + "\n".join(f"- {_reference(reference)}" for reference in rule.references)
    if rule.sample:
        flag = " --audit" if rule.audit else ""
        yield f"## Try it\n\n{_block([f'ikelog{flag} samples/{rule.sample}'])}"


def _fix(fix: Fix) -> str:
    head = f"**{PLATFORMS.get(fix.platform, fix.platform)}:** {_prose(fix.why)}".rstrip()
    return f"{head}\n\n{_block(fix.commands)}" if fix.commands else head


def _prose(text: str) -> str:
    """Keep `<placeholders>` from being taken for HTML; what stands in backticks is taken as it is."""
    parts = text.split("`")
    return "`".join(part if number % 2 else part.replace("<", "\\<") for number, part in enumerate(parts))


def _block(lines: Sequence[str]) -> str:
    return "\n".join(("```text", *lines, "```"))


def _reference(reference: str) -> str:
    found = re.fullmatch(_RFC, reference)
    if not found:
        return f"<{reference}>"
    place = f"#section-{found[2]}" if found[2] else ""
    return f"[{reference}](https://www.rfc-editor.org/rfc/rfc{found[1]}{place})"
