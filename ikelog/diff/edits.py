"""What went and what came between two lists, the same whichever of the two is called the first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain

from ikelog.diff.aspects import Told
from ikelog.diff.types import Edit, Sign

# The alignment of two lists takes time by the product of their lengths; longer ones are compared without order.
LONGEST = 500

Blocks = list[tuple[int, int, int]]


def list_edits(before: Sequence[str], after: Sequence[str]) -> tuple[Edit, ...]:
    """Return the items that went and came, in order; an item that changed places is both."""
    return message_edits([Told(text, "") for text in before], [Told(text, "") for text in after])


def set_edits(before: Sequence[str], after: Sequence[str]) -> tuple[Edit, ...]:
    """Return the items that went and came, whatever their order; equal ones are counted."""
    gone, come = Counter(before) - Counter(after), Counter(after) - Counter(before)
    return (*_counted("-", gone), *_counted("+", come))


def message_edits(before: Sequence[Told], after: Sequence[Told]) -> tuple[Edit, ...]:
    """Return the messages that went and came, and those whose contents changed.

    Messages are aligned by direction and exchange. Of two that stand side by side, one whose contents its log does not
    tell is no change.
    """
    heads = [told.head for told in before], [told.head for told in after]
    if max(map(len, heads)) > LONGEST:
        return set_edits(*heads)
    found: list[Edit] = []
    i = j = 0
    for first, second, size in [*_matching(*heads), (len(before), len(after), 0)]:
        found += [Edit("-", message_text(told)) for told in before[i:first]]
        found += [Edit("+", message_text(told)) for told in after[j:second]]
        i, j = first + size, second + size
        found += chain.from_iterable(map(_contents_edits, before[first:i], after[second:j]))
    return tuple(found)


def _contents_edits(before: Told, after: Told) -> list[Edit]:
    """Return what became of a message: nothing where its contents are the same, or one log does not tell them."""
    if before.contents == after.contents or not (before.contents and after.contents):
        return []
    return [Edit("-", message_text(before)), Edit("+", message_text(after))]


def message_text(told: Told) -> str:
    """Return a message as a line of text."""
    return f"{told.head}: {told.contents}" if told.contents else told.head


def _counted(op: Sign, found: Counter[str]) -> Iterator[Edit]:
    for text, number in found.items():
        yield Edit(op, text if number == 1 else f"{text} ×{number}")


def _matching(before: Sequence[str], after: Sequence[str]) -> Blocks:
    """Return the blocks that both have, (place before, place after, length).

    The matcher prefers one of several equal alignments by which list comes first, so the lesser one always does.
    """
    if tuple(before) > tuple(after):
        return [(i, j, size) for j, i, size in _matching(after, before)]
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks]
