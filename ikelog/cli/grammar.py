"""`ikelog grammar`, for those who work on the grammars: what was compiled, what was not, and why."""

from collections.abc import Iterator

import click

from ikelog.cli import options
from ikelog.cli.output import writing
from ikelog.grammar.compilation import Compilation
from ikelog.grammar.compiler import compile_grammar
from ikelog.grammar.texts import FAMILIES, starts

_GRAMMARS = (*FAMILIES, "ikev2_message")


@click.command("grammar", hidden=True)
@click.argument("grammars", nargs=-1, type=click.Choice(_GRAMMARS))
@click.option("--patterns", is_flag=True, help="Print every pattern.")
@options.output
def command(grammars: tuple[str, ...], patterns: bool, output: str | None) -> int:
    """Print what was compiled of the GRAMMARS (all of them), what stays with Lark, and why."""
    with writing(output) as out:
        for grammar in grammars or _GRAMMARS:
            for start in starts(grammar):
                out.writelines(f"{line}\n" for line in _told(grammar, start, patterns))
    return 0


def _told(grammar: str, start: str, patterns: bool) -> Iterator[str]:
    compilation = compile_grammar(grammar, start)
    ways, branches = compilation.ways, sum(len(node.branches) for node in compilation.nodes)
    texts = sum(way.pattern is None for way in ways)
    kinds = {way.kind for way in ways} | {node.kind for node in compilation.nodes if node.kind}
    yield f"{grammar} {start}: {len(kinds)} kinds{'' if compilation.left else ', all compiled'}"
    yield f"  {texts} ways of text alone, {len(ways) - texts} patterns, {_ahead(compilation)} of them with look-aheads"
    if branches:
        yield f"  lists: {len(compilation.nodes)} nodes, {branches} branches"
    for terminals, reason in sorted((terminals, reason) for reason, terminals in compilation.left):
        yield f"  left to Lark: {terminals}: {reason}"
    if patterns:
        yield from _patterns(compilation)


def _ahead(compilation: Compilation) -> int:
    return sum(way.pattern is not None and "(?!" in way.pattern for way in compilation.ways)


def _patterns(compilation: Compilation) -> Iterator[str]:
    for way in sorted(compilation.ways):
        fields = " ".join(f"{field.name}:{field.terminal}" for field in way.fields)
        yield f"  {way.kind} [{fields}] {way.literal if way.pattern is None else way.pattern}"
    for number, node in enumerate(compilation.nodes):
        for branch in node.branches:
            field = f"{branch.field.name}:{branch.field.terminal}" if branch.field else ""
            yield f"  node {number} {node.kind or '-'} [{field}] to {branch.node}: {branch.pattern}"
