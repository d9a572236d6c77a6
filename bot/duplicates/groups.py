"""What people said of pairs of reports: the same, or not the same."""

from collections import defaultdict


class Groups:
    """Reports that are the same, pair by pair, so that what was said can be taken back."""

    def __init__(self) -> None:
        self._same: defaultdict[int, set[int]] = defaultdict(set)
        self._different: defaultdict[int, set[int]] = defaultdict(set)

    def join(self, one: int, other: int) -> None:
        """Keep that two reports are the same."""
        self.forget(one, other)
        if one != other:
            self._same[one].add(other)
            self._same[other].add(one)

    def refuse(self, one: int, other: int) -> None:
        """Keep that two reports are not the same."""
        self.forget(one, other)
        self._different[one].add(other)
        self._different[other].add(one)

    def forget(self, one: int, other: int) -> None:
        """Take back what was said of two reports."""
        for said in (self._same, self._different):
            for first, second in ((one, other), (other, one)):
                if first in said:
                    said[first].discard(second)
                    if not said[first]:
                        del said[first]

    def members(self, report_id: int) -> frozenset[int]:
        """Give all reports that are the same as this one, itself among them."""
        if report_id not in self._same:
            return frozenset((report_id,))
        found: set[int] = set()
        waiting = [report_id]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting.extend(self._same.get(one, ()))
        return frozenset(found)

    def refused(self, report_id: int) -> frozenset[int]:
        """Give the reports that are not the same as this one."""
        return frozenset(self._different.get(report_id, ()))
