"""What is asked of the suggestions, and what counts as right: a stream of real reports, in order of time.

A file is one JSON line a report, gzipped or not: id, created, title, body, and what people finally set: component,
severity, owner, labels. For every report past the first fifth (but those that only structure work) the words alone
are shown; then the report is learnt with what people set. Of several true values any one counts. A field counts where
the file has a value.
"""

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.duplicates_protocol import Past, read_stream
from storage.models import Severity

FIELDS = ("component", "severity", "owner", "labels")
WARM_UP = 0.2
_NOT_ASKED = ("Epic", "Sub-task")
# Names that trackers use, for our four. A name that is not here is not asked for.
_SEVERITIES = {
    Severity.S1: ("s1", "p0", "p1", "blocker", "urgent", "highest", "immediate"),
    Severity.S2: ("s2", "p2", "critical", "high"),
    Severity.S3: ("s3", "p3", "major", "medium", "normal", "moderate"),
    Severity.S4: ("s4", "p4", "p5", "minor", "trivial", "low", "lowest", "enhancement"),
}
_SEVERITY_OF = {name: severity for severity, names in _SEVERITIES.items() for name in names}


@dataclass(frozen=True)
class Case:
    """A report of the file: its words, what people set, and the one component of several that we learn."""

    past: Past
    values: dict[str, tuple[str, ...]]
    learnt_component: str | None
    is_asked: bool


def read_cases(path: Path, every: int) -> list[Case]:
    """Read a file; every n-th report past the first fifth is asked about."""
    rows = {row["id"]: row for row in _rows(path)}
    past = read_stream(path).reports
    seen: Counter[str] = Counter()
    cases = []
    for place, one in enumerate(past):
        row = rows[one.name]
        values = {field: _values(row, field) for field in FIELDS}
        is_asked = place >= WARM_UP * len(past) and place % every == 0 and row.get("type") not in _NOT_ASKED
        # We keep one component of a report. The one that is rarest so far says most.
        learnt = min(values["component"], key=lambda name: (seen[name], name), default=None)
        seen.update(values["component"])
        cases.append(Case(one, values, learnt, is_asked))
    return cases


class Tally:
    """Answers to one field: whether the first was right, how sure it was, whether it was shown."""

    def __init__(self) -> None:
        self._answers: list[tuple[float, bool, bool, bool]] = []

    def add(self, truth: tuple[str, ...], ranked: list[tuple[str, float]], *, shown: bool) -> None:
        """Count the answer to one report."""
        if truth:
            best = ranked[0] if ranked else ("", 0.0)
            self._answers.append((best[1], best[0] in truth, any(one in truth for one, _ in ranked[:3]), shown))

    def figures(self) -> dict[str, Any]:
        """Give the shares that were right: of all, among the first three, of the surest 30 %, and of those shown."""
        count = len(self._answers)
        if not count:
            return {"n": 0}
        surest = sorted(self._answers, key=lambda one: -one[0])[: max(1, count * 30 // 100)]
        shown = [right for _, right, _, is_shown in self._answers if is_shown]
        return {
            "n": count,
            "top1": _share(right for _, right, _, _ in self._answers),
            "top3": _share(among for _, _, among, _ in self._answers),
            "acc@cov30": _share(right for _, right, _, _ in surest),
            "shown_rate": round(len(shown) / count, 4),
            "precision_shown": _share(shown),
        }


def _share(flags: Any) -> float | None:
    counted = list(flags)
    return round(sum(counted) / len(counted), 4) if counted else None


def _rows(path: Path) -> list[dict[str, Any]]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in content.decode().split("\n") if line.strip()]


def _values(row: dict[str, Any], field: str) -> tuple[str, ...]:
    found = row.get(field) or ()
    values = tuple(str(one) for one in found) if isinstance(found, list) else (str(found),) if found else ()
    if field == "severity":
        return tuple(_SEVERITY_OF[one.lower()] for one in values if one.lower() in _SEVERITY_OF)
    return values
