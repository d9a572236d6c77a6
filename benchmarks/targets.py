"""What is measured, and what each figure is held against."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One figure: the least (or most) that is tolerable, and what we aim at; None where nothing is promised."""

    name: str
    what: str
    floor: float | None
    goal: float | None
    more_is_better: bool = True

    def verdict(self, value: float) -> str:
        """Say "goal", "floor", "missed", or nothing where nothing is promised."""
        if self.floor is None or self.goal is None:
            return ""
        sign = 1 if self.more_is_better else -1
        if value * sign >= self.goal * sign:
            return "goal"
        return "floor" if value * sign >= self.floor * sign else "missed"


TARGETS = (
    Target("ack_vs_bolt", "ack of an event without a write, rate against bare Bolt", 0.85, 1.2),
    Target("click_vs_bolt", "ack of a click (form body, 100 names), rate against bare Bolt", None, None),
    Target("report_sqlite_vs_bolt", "a bug report from the form, committed before the ack, SQLite WAL FULL", 0.25, 0.5),
    Target("inbox_sqlite_vs_bolt", "an event committed before the ack, SQLite WAL FULL", 0.70, 1.0),
    Target("inbox_postgres_vs_bolt", "the same on PostgreSQL, fsync and synchronous_commit on", 0.35, 0.5),
    Target("listeners_100_vs_1", "CPU per click with 100 names registered against 1", 1.1, 1.02, more_is_better=False),
    Target("duplicates_p99_ms_100k", "likely duplicates among 100,000 reports, p99 ms", 50, 20, more_is_better=False),
    Target(
        "p99_during_digest_vs_idle",
        "ack p99 at 150/s with a weekly digest made each second, 100,000 reports, against none",
        3,
        1.5,
        more_is_better=False,
    ),
    Target("digest_1m_vs_10k", "facts of all sections, 1,000,000 reports against 10,000", 2, 1.2, more_is_better=False),
    Target("calls_before_reply", "most Web API calls before the person sees an answer", 1, 1, more_is_better=False),
    Target("start_s", "process start to the first 200, seconds", None, None, more_is_better=False),
    Target("start_vs_bolt", "the same against bare Bolt", 1.5, 1.2, more_is_better=False),
    Target("rss_idle_mb", "resident memory of the idle bot, MB", 110, 90, more_is_better=False),
)
