"""How long each section of a digest may be, so that all of them are one message; pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.digests.facts import Digest, Facts, Mark, Rank
from handlers.views import digest_words, text
from handlers.views.blocks import Block, divider, section
from handlers.views.digest_sections import DENSITIES, draw_section

MOST_BLOCKS = 20
# Of JSON; Slack itself refuses about 13,200 characters of text.
MOST_CHARACTERS = 6_000
# A preview has a line of its own below.
_BLOCKS = MOST_BLOCKS - 1
_CHARACTERS = MOST_CHARACTERS - 200
# As many as there may be blocks.
_MOST_SECTIONS = 20
# Charts are kept while sections lose nothing but details.
_WITH_CHARTS = 2


@dataclass
class Layout:
    """A digest on its way to a message: `frame` stands before and after its sections, each is drawn once a level."""

    digest: Digest
    marks: Mapping[str, Mark]
    frame: tuple[list[Block], list[Block]]
    charts: list[Block]
    _drawn: dict[tuple[int, int], list[Block]] = field(default_factory=dict)
    _sizes: dict[tuple[int, int], int] = field(default_factory=dict)

    def levels(self) -> list[int]:
        """Say how short each section is drawn, so that all of them fit; the last ones may not be drawn at all."""
        levels = [0] * min(len(self.digest.facts), _MOST_SECTIONS)
        for level in range(1, len(DENSITIES)):
            for place in reversed(range(len(levels))):
                if self._fits(levels):
                    return levels
                levels[place] = level
        while levels and not self._fits(levels):
            levels.pop()
        return levels

    def blocks(self, levels: Sequence[int]) -> list[Block]:
        """Draw the message with each section as short as it is said."""
        begin, end = self.frame
        blocks = list(begin)
        for place, level in enumerate(levels):
            blocks += [divider()] if self._is_turn(place) else []
            blocks += self._section(place, level)
        return [*blocks, *self._charts(levels), *self._more(levels), *end]

    def left_out(self, levels: Sequence[int]) -> list[Facts]:
        """List the sections that have more to tell than is shown of them."""
        shortened = [self.digest.facts[place] for place, level in enumerate(levels) if self._is_short(place, level)]
        return [*shortened, *self.digest.facts[len(levels) :]]

    def _fits(self, levels: Sequence[int]) -> bool:
        begin, end = self.frame
        others = [*begin, *end, *self._charts(levels), *self._more(levels)]
        others += [divider() for place in range(len(levels)) if self._is_turn(place)]
        count = len(others) + sum(len(self._section(place, level)) for place, level in enumerate(levels))
        if count > _BLOCKS:
            return False
        return _size(others) + sum(self._size(place, level) for place, level in enumerate(levels)) <= _CHARACTERS

    def _section(self, place: int, level: int) -> list[Block]:
        if (place, level) not in self._drawn:
            self._drawn[place, level] = draw_section(self.digest.facts[place], DENSITIES[level], self.marks)
        return self._drawn[place, level]

    def _size(self, place: int, level: int) -> int:
        if (place, level) not in self._sizes:
            self._sizes[place, level] = _size(self._section(place, level))
        return self._sizes[place, level]

    def _charts(self, levels: Sequence[int]) -> list[Block]:
        return self.charts if max(levels, default=0) <= _WITH_CHARTS else []

    def _more(self, levels: Sequence[int]) -> list[Block]:
        more = len(self.digest.facts) - len(levels)
        return [section(digest_words.more_sections(more))] if more else []

    def _is_turn(self, place: int) -> bool:
        """Say whether the sections that need somebody end before this one."""
        before = self.digest.facts[place - 1].rank if place else None
        return before is Rank.NEEDS_YOU and self.digest.facts[place].rank is not Rank.NEEDS_YOU

    def _is_short(self, place: int, level: int) -> bool:
        facts, density = self.digest.facts[place], DENSITIES[level]
        if facts.stale:
            return False
        counts = (
            (len(facts.items), density.items),
            (len(facts.figures), density.figures),
            (len(facts.quotes), density.quotes),
            (max(len(facts.lead), len(facts.notes)), density.lines),
            (max((len(item.details) for item in facts.items), default=0), density.details),
        )
        is_cut = any(there > shown for there, shown in counts)
        return is_cut or (level > 0 and self._section(place, level) != self._section(place, 0))


def _size(blocks: Sequence[Block]) -> int:
    return text.length(json.dumps(blocks, ensure_ascii=False))
