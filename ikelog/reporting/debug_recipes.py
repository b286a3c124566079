"""The debug recipes, as text to type from or as JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import TextIO

from ikelog.diagnosis.debug_recipes import Recipe

_PLATFORMS = {"ios": "IOS, IOS-XE", "asa": "ASA", "ftd": "FTD"}


def render(recipes: Sequence[Recipe], out: TextIO, format_name: str) -> None:
    """Write recipes as `text` or `json`."""
    if format_name == "json":
        keys = ("question", "about", "platform", "before", "during", "after")
        json.dump([{key: getattr(recipe, key) for key in keys} for recipe in recipes], out, indent=2)
        out.write("\n")
        return
    out.write("\n\n".join("\n".join(_page(recipe)) for recipe in recipes) + "\n")


def _page(recipe: Recipe) -> Iterator[str]:
    yield f"{recipe.question} on {_PLATFORMS[recipe.platform]}: {recipe.about}"
    parts = {
        "Before": recipe.before,
        "Start, then let it happen again": recipe.during,
        "Stop, then save the log": recipe.after,
    }
    for heading, commands in parts.items():
        yield f"\n  {heading}"
        yield from (f"    {command}" for command in commands)
