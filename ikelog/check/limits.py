"""Hold a tunnel against limits: which of its values are not what they may be, or not shown."""

from collections.abc import Iterator, Sequence

from ikelog.check.algorithms import fits, fits_any
from ikelog.check.expectation import ANY, LIMITED, NONE, Limit
from ikelog.check.observed import Observed, observe
from ikelog.check.showing import TextOf, evidence_of, first_lines, value_lines
from ikelog.check.tunnels import Tunnel, child_sas
from ikelog.check.types import Unmet
from ikelog.record import replaced

_CAME_UP = ("established", "child_failed", "ike_only")
_OF_CHILDREN = ("child_encryption", "child_integrity", "pfs")


def unmet_limits(tunnel: Tunnel, limits: Sequence[Limit], text_of: TextOf) -> Iterator[Unmet]:
    """Yield the limits that a tunnel does not keep; what the log does not show, once for each value."""
    told: set[str] = set()
    for limit in limits:
        for one in _of_each_end(limit):
            unmet = _unmet(tunnel, one, text_of)
            if unmet is None or (unmet.unknown and one.key in told):
                continue
            told.add(one.key)
            yield unmet


def applies(limit: Limit, tunnel: Tunnel) -> bool:
    """Tell whether a profile's limit is about a tunnel: a version always, all else once there is what it is of."""
    if limit.key == "ike_version":
        return True
    if tunnel.root.outcome not in _CAME_UP:
        return False
    return limit.key not in _OF_CHILDREN or any(True for _ in child_sas(tunnel))


def _of_each_end(limit: Limit) -> Iterator[Limit]:
    if limit.key != "authentication":
        yield limit
        return
    for end in ("local", "remote"):
        yield replaced(limit, key=f"authentication.{end}")


def _unmet(tunnel: Tunnel, limit: Limit, text_of: TextOf) -> Unmet | None:
    observed = observe(tunnel, limit.key)
    if observed.needless:
        return None
    values = tuple(v for v in observed.values if v != NONE) if limit.optional else observed.values
    answer = _answer(limit, values)
    if not observed.sure:
        answer = _of_candidates(limit, values)
    if answer is True or (answer is None and _is_moot(limit, tunnel)):
        return None
    wrong = tuple(v for v in values if _keeps(limit, v) is not True) or values
    places = value_lines(tunnel, limit.key, wrong, text_of) if values else first_lines(tunnel.root)
    return Unmet(
        key=limit.key,
        wanted=wanted(limit),
        found=_found(limit, wrong, observed, unknown=answer is None),
        where=limit.where,
        negotiations=tunnel.ids,
        unknown=answer is None,
        evidence=evidence_of(places, text_of),
        severity=limit.severity,
    )


def _is_moot(limit: Limit, tunnel: Tunnel) -> bool:
    """Tell whether nothing is missing where the log does not show a value: what failed has none to show."""
    failed = tunnel.root.outcome == "failed"
    return limit.optional or failed or (tunnel.root.outcome == "child_failed" and limit.key in _OF_CHILDREN)


def _answer(limit: Limit, values: Sequence[str]) -> bool | None:
    """Tell whether all values keep a limit; None: not shown, or not well enough to tell."""
    if limit.kind == "required":
        met = [any(fits(limit.key, wanted, v) for v in values) for wanted in limit.values]
        return None if not values else all(met)
    answers = [_keeps(limit, v) for v in values]
    return False if False in answers else None if None in answers or not answers else True


def _of_candidates(limit: Limit, values: Sequence[str]) -> bool | None:
    """Tell the same of values of which one was chosen: only what holds for all of them is known."""
    answers = {_keeps(limit, v) for v in values}
    return answers.pop() if len(answers) == 1 else None


def _keeps(limit: Limit, value: str) -> bool | None:
    if limit.kind == "required":
        return value in limit.values
    fit = fits_any(limit.key, limit.values, value)
    return not fit if limit.kind == "forbidden" and fit is not None else fit


def wanted(limit: Limit) -> str:
    """Return what a limit wants, in words: `19 or 20`, `not DES`."""
    values = [_word(limit.key, value) for value in limit.values]
    listed = _listed(values, "and" if limit.kind == "required" else "or")
    return f"not {listed}" if limit.kind == "forbidden" else listed


def _listed(words: Sequence[str], last: str) -> str:
    """Return `a, b or c`."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _word(key: str, value: str) -> str:
    words = {("pfs", ANY): "a group of its own", ("pfs", NONE): "no PFS", ("nat", NONE): "no NAT"}
    return words.get((key, value), value)


def _found(limit: Limit, values: Sequence[str], observed: Observed, *, unknown: bool) -> str:
    text = _listed([_word(limit.key, value) for value in values], "and")
    if not values:
        return f"the log does not show the {LIMITED[limit.key]}"
    if unknown:
        missing = "the key length" if limit.key.endswith("encryption") else "more"
        is_chosen = observed.sure or len(observed.values) == 1
        return f"{text}; the log does not show {missing if is_chosen else 'which was chosen'}"
    return f"{text}, not yet" if limit.not_yet else text
