"""The native charts and the table of a digest, for workspaces whose Slack draws them; pure."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.digests import words
from bot.digests.facts import Digest, Figure
from handlers.views import digest_lines, text
from handlers.views.blocks import Block

# https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
CHARTS_LIMIT = 2
_TITLE_LIMIT = 50
_NAME_LIMIT = 20
# A line between fewer points says nothing.
_FEWEST_POINTS = 3
# A table holds 100 rows of 10,000 characters in all; a message of ours 6,000 with all that is around them.
# https://docs.slack.dev/reference/block-kit/blocks/data-table-block
_TABLE_LIMIT = 5000


def draw_charts(digest: Digest) -> list[Block]:
    """Draw the figures that are worth a chart, at most two; a week without a value is left out."""
    charts = [_chart(digest, one) for one in _figures(digest) if one.chart]
    return [chart for chart in charts if chart is not None][:CHARTS_LIMIT]


def draw_table(digest: Digest) -> Block | None:
    """Draw the weeks of all figures as a table; None where no figure has any."""
    known = [one for one in _figures(digest) if any(value is not None for value in digest_lines.finite(one.series))]
    if not known:
        return None
    weeks = max(len(digest_lines.finite(one.series)) for one in known)
    rows = [[_raw("Week from"), *(_raw(label) for label in _weeks(digest, weeks))]]
    rows += [_row(one, weeks) for one in known]
    while len(rows) > 2 and len(json.dumps(rows, ensure_ascii=False)) > _TABLE_LIMIT:
        rows.pop()
    return {"type": "data_table", "caption": text.plain(f"{digest.title}: eight weeks", _TITLE_LIMIT), "rows": rows}


def _figures(digest: Digest) -> list[Figure]:
    return [one for facts in digest.facts if not facts.stale for one in facts.figures]


def _chart(digest: Digest, figure: Figure) -> Block | None:
    series = digest_lines.finite(figure.series)
    weeks = _weeks(digest, len(series))
    points = [(week, value) for week, value in zip(weeks, series, strict=True) if value is not None]
    if len(points) < _FEWEST_POINTS:
        return None
    data = [{"label": week, "value": _short(value)} for week, value in points]
    return {
        "type": "data_visualization",
        "title": text.plain(figure.label, _TITLE_LIMIT),
        "chart": {
            "type": "line",
            "series": [{"name": text.plain(figure.label, _NAME_LIMIT), "data": data}],
            "axis_config": {"categories": [week for week, _ in points], "x_label": "Week from"},
        },
    }


def _weeks(digest: Digest, count: int) -> list[str]:
    """Name the weeks by the day on which each begins, oldest first; the last ends with the digest."""
    zone = ZoneInfo(digest.zone)
    end = digest.due_at.astimezone(zone)
    return [_day(end - timedelta(days=7 * ago), zone) for ago in range(count, 0, -1)]


def _day(at: datetime, zone: ZoneInfo) -> str:
    return words.day(at, zone).partition(" ")[2]


def _row(figure: Figure, weeks: int) -> list[dict[str, Any]]:
    series = digest_lines.finite(figure.series)
    padded: Sequence[float | None] = [None] * (weeks - len(series)) + series
    cells = [_raw(words.MISSING) if value is None else _number(_short(value)) for value in padded]
    return [_raw(text.plain(figure.label, _TITLE_LIMIT)), *cells]


def _raw(shown: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": shown}


def _number(value: float) -> dict[str, Any]:
    return {"type": "raw_number", "value": value, "text": f"{value:,}"}


def _short(value: float) -> float:
    """Give a value as exact as anybody reads it."""
    return int(value) if float(value).is_integer() else round(value, 2)
