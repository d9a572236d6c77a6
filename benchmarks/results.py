"""The table for people and benchmarks/results.json for machines."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.targets import TARGETS, Target

RESULTS = Path(__file__).parent / "results.json"
_STYLES = {"goal": "green", "floor": "yellow", "missed": "red"}


def write(figures: dict[str, dict[str, Any]], conditions: dict[str, Any]) -> None:
    """Write all figures, with what they are held against, into results.json."""
    named = {target.name: target for target in TARGETS}
    content = {
        name: {**_rounded(figure), "floor": named[name].floor, "goal": named[name].goal}
        for name, figure in figures.items()
    }
    measured = {"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}", **machine(), **conditions}
    RESULTS.write_text(json.dumps({"measured": measured, **content}, indent=2) + "\n")


def show(figures: dict[str, dict[str, Any]], conditions: dict[str, Any]) -> None:
    """Print the table."""
    table = Table(title="Liaison, side by side with bare Bolt", caption=_caption(conditions), caption_justify="left")
    for heading in ("figure", "value", "middle half", "CPU × bare", "floor", "goal", "", "what it is"):
        table.add_column(heading, justify="right" if heading in {"value", "floor", "goal"} else "left")
    for target in TARGETS:
        if target.name in figures:
            table.add_row(*_row(target, figures[target.name]))
    Console(width=None if os.isatty(1) else 150).print(table)


def machine() -> dict[str, Any]:
    """Say where this was measured, and how busy it was."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average_1m": round(os.getloadavg()[0], 2),
    }


def _row(target: Target, figure: dict[str, Any]) -> tuple[str, ...]:
    verdict = target.verdict(figure["value"])
    style = _STYLES.get(verdict, "")
    spread = f"{_short(figure['low'])}–{_short(figure['high'])}" if "low" in figure else ""
    cpu = _short(figure["cpu_vs_bolt"]) if "cpu_vs_bolt" in figure else ""
    value = _short(figure["value"])
    return (
        target.name,
        f"[{style}]{value}[/]" if style else value,
        spread,
        cpu,
        _bound(target.floor, target),
        _bound(target.goal, target),
        f"[{style}]{verdict}[/]" if style else "",
        target.what,
    )


def _bound(bound: float | None, target: Target) -> str:
    return "" if bound is None else f"{'≥' if target.more_is_better else '≤'} {bound:g}"


def _caption(conditions: dict[str, Any]) -> str:
    here = machine()
    return (
        f"{conditions['slices']} slices of {conditions['slice_s']} s each, {conditions['connections']} connections,"
        f" {conditions['took_s']:.0f} s in all; {here['cores']} cores, load average {here['load_average_1m']}."
        " Only the ratios mean anything; a wide middle half means a busy machine."
    )


def _short(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return value
