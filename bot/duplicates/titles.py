"""The titles of all texts in the index: as letters to compare, and as numbers of words."""

from array import array
from collections.abc import Collection, Iterable


class Titles:
    """Titles by slot."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._runs = array("H")
        self._numbers = array("I")
        self._ends = array("I", (0,))

    def append(self, title: str, numbers: Iterable[int]) -> None:
        """Keep the title of the next slot."""
        text = plain(title)
        self._texts.append(text)
        self._runs.append(min(len(letters(text)), 0xFFFF))
        self._numbers.extend(numbers)
        self._ends.append(len(self._numbers))

    def words(self, slot: int) -> "array[int]":
        """Give the numbers of the words of a title."""
        return self._numbers[self._ends[slot] : self._ends[slot + 1]]

    def likeness(self, runs: Collection[str], slot: int) -> float:
        """Say how much these runs of letters have in common with those of a title, from 0 to 1 (Dice)."""
        text = self._texts[slot]
        # Looking for each is faster than cutting the title into its own.
        both = sum([run in text for run in runs])
        return 2 * both / (len(runs) + self._runs[slot] or 1)


def plain(title: str) -> str:
    """Give a title in lower case between single spaces: capitals and spaces say nothing of what it is about."""
    return f" {' '.join(title.lower().split())} "


def letters(title: str) -> set[str]:
    """Give the runs of three letters of a plain title: what survives a typing error or another ending."""
    return {title[at : at + 3] for at in range(len(title) - 2)}
