"""Sizes as people write them: 500, 64k, 20M, 4G."""

import re

import click

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class _Size(click.ParamType):  # type: ignore[type-arg]
    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"(\d{1,15})([kmgt]?)b?", str(value).strip().lower())
        if found is None:
            self.fail(f"{value}: write it as 500, 64k, 20M or 4G", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


SIZE = _Size()
