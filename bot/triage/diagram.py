"""The state machine drawn as a page of the documentation, so that the page and the code cannot differ."""

from bot.triage.states import TRANSITIONS, Transition

_INTRODUCTION = """\
# States of a report

Drawn from the table in `bot/triage/states.py`: change the table, then this page; a test says
what it should be.

"""
_ABOUT = """
*Who*: a triager is one of the report's team, or of the roles `triage` and `admin`; a tester is somebody in QA, or the
report's reporter. What a reporter may do, a triager may too. On a private report *anyone* means a triager.
"""


def page() -> str:
    """Give docs/states.md."""
    return f"{_INTRODUCTION}```mermaid\n{diagram()}\n```\n\n{table()}\n{_ABOUT}"


def diagram() -> str:
    """Draw the states and the ways between them, for Mermaid."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for line in TRANSITIONS:
        for source in line.sources:
            arrows.setdefault((source, line.target), []).append(line.action)
    drawn = [f"    {source} --> {target}: {', '.join(actions)}" for (source, target), actions in arrows.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> new: file", *drawn, "    closed --> [*]"])


def table() -> str:
    """Write the table of states, actions and rights."""
    head = ["| from | action | who | to |", "|---|---|---|---|"]
    return "\n".join([*head, *(_row(line) for line in TRANSITIONS)])


def _row(line: Transition) -> str:
    return f"| {', '.join(line.sources)} | {line.action} | {line.right} | {line.target} |"
