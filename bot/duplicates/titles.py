"""The titles of all texts in the index: as they are, and as numbers of words."""

from array import array
from collections.abc import Iterable


class Titles:
    """Titles by slot."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._numbers = array("I")
        self._ends = array("I", (0,))

    def append(self, title: str, numbers: Iterable[int]) -> None:
        """Keep the title of the next slot."""
        self._texts.append(title)
        self._numbers.extend(numbers)
        self._ends.append(len(self._numbers))

    def words(self, slot: int) -> "array[int]":
        """Give the numbers of the words of a title."""
        return self._numbers[self._ends[slot] : self._ends[slot + 1]]

    def text(self, slot: int) -> str:
        """Give a title as it was written."""
        return self._texts[slot]


def letters(title: str) -> set[str]:
    """Give the runs of three letters of a title: what survives a typing error or another ending."""
    plain = f" {' '.join(title.lower().split())} "
    return {plain[at : at + 3] for at in range(len(plain) - 2)}


def likeness(one: set[str], other: set[str]) -> float:
    """Say how much two sets of letters have in common, from 0 to 1 (Dice)."""
    return 2 * len(one & other) / (len(one) + len(other) or 1)
