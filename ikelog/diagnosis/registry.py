"""Find the rules: every module of `rules/` that is named after a code."""

import importlib
import pkgutil
from functools import cache

from ikelog.diagnosis import rules as package
from ikelog.diagnosis.rule import Rule


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules in the order of their codes."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(importlib.import_module(f"{package.__name__}.{name}").RULE for name in names if name.startswith("ike"))


def rule(code_or_name: str) -> Rule | None:
    """Return the rule of a code in any case, or of a name; None where there is none."""
    wanted = code_or_name.strip().lower()
    return next((r for r in rules() if wanted in (r.code.lower(), r.name)), None)
