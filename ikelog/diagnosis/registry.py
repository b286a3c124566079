"""Find the rules: every module of `rules/` that is named after a code."""

import importlib
import os
from functools import cache

from ikelog.diagnosis import rules as package
from ikelog.diagnosis.rule import Rule


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules in the order of their codes."""
    files = sorted(name for directory in package.__path__ for name in os.listdir(directory) if _is_rule(name))
    return tuple(importlib.import_module(f"{package.__name__}.{name.removesuffix('.py')}").RULE for name in files)


def _is_rule(file: str) -> bool:
    return file.startswith("ike") and file.endswith(".py")


def rule(code_or_name: str) -> Rule | None:
    """Return the rule of a code in any case, or of a name; None where there is none."""
    wanted = code_or_name.strip().lower()
    return next((r for r in rules() if wanted in (r.code.lower(), r.name)), None)
