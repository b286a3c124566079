"""Find the rules: every module of `rules/` that is named after a code."""

import importlib
import os
from collections.abc import Mapping
from functools import cache
from itertools import chain

from ikelog.diagnosis import rules as package
from ikelog.diagnosis.rule import Log, Rule
from ikelog.grammar.cache import cached_tables, stamp

# What a rule needs, and whether it is for an audit alone.
_Needs = tuple[tuple[str, ...], bool]


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules in the order of their codes."""
    files = sorted(name for directory in package.__path__ for name in os.listdir(directory) if _is_rule(name))
    return tuple(_rule(name.removesuffix(".py")) for name in files)


def _is_rule(file: str) -> bool:
    return file.startswith("ike") and file.endswith(".py")


def rules_for(log: Log) -> tuple[Rule, ...]:
    """Return the rules that may find anything in a log, in the order of their codes.

    The others are not even imported: few rules have something to say of a paste.
    """
    found = _needs().items()
    return tuple(_rule(module) for module, (needs, audit) in found if (log.audit or not audit) and _is_met(needs, log))


def _is_met(needs: tuple[str, ...], log: Log) -> bool:
    return not needs or not log.shows.isdisjoint(needs)


def kinds_needed() -> frozenset[str]:
    """Return what any rule needs of a log, the kinds of events among it."""
    return frozenset(chain.from_iterable(needs for needs, _ in _needs().values()))


def rule(code_or_name: str) -> Rule | None:
    """Return the rule of a code in any case, or of a name; None where there is none."""
    wanted = code_or_name.strip().lower()
    return next((r for r in rules() if wanted in (r.code.lower(), r.name)), None)


@cache
def _needs() -> Mapping[str, _Needs]:
    """Return what each rule needs, by the names of their modules: as the rules say, kept where the tables are kept."""
    tables = cached_tables("rules", [stamp(folder, ".py") for folder in _folders()], _build)
    needs: Mapping[str, _Needs] = tables["needs"]
    return needs


def _folders() -> list[str]:
    """Return where that stands of which the rules make what they need."""
    (own,) = package.__path__
    diagnosis = os.path.dirname(own)
    return [own, diagnosis, *(os.path.join(os.path.dirname(diagnosis), name) for name in ("correlation", "terms"))]


def _build() -> dict[str, dict[str, _Needs]]:
    return {"needs": {found.code.lower(): (found.needs, found.audit) for found in rules()}}


@cache
def _rule(module: str) -> Rule:
    found: Rule = importlib.import_module(f"{package.__name__}.{module}").RULE
    return found
