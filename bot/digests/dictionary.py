"""The dictionary of figures: what each number of a digest is made of, in words. No figure is shown without an entry."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.digests.audiences import DEFAULTS, title


@dataclass(frozen=True)
class Entry:
    """One figure. `name` is what facts call it, `label` what stands above it, `sections` are those that show it."""

    name: str
    label: str
    formula: str
    unit: str
    sections: tuple[str, ...]
    note: str = ""

    @property
    def audiences(self) -> tuple[str, ...]:
        """Name who reads it unless the settings say otherwise."""
        return tuple(title(key) for key, read in DEFAULTS.items() if any(one in self.sections for one in read))


_QA = "qa_figures"
_ENGINEERING = "engineering_figures"
_DELIVERY = "delivery_figures"
_SINCE = "since_last_post"

# What holds for all of them, by the word that a digest says.
RULES: Mapping[str, str] = {
    "bug": "a report that is no duplicate, no mistake, not so by design and not taken back, as far as is known today:"
    " what is found out later changes past weeks too. Private reports are in no figure.",
    "week": "the seven days until the digest; `▃▅▂▄▃▆▃▅` are the last eight, and the mean is of the eight before.",
    "28 d": "the 28 days until the digest.",
    "n": "how many things a figure is made of. A median of fewer than 5 is not shown; what it was before only with 10"
    " on both sides.",
    "p50, p90": "half of all, or nine in ten, are not above it.",
    "working h": "hours in the team's `working_hours` without its days off; all others are of the calendar.",
    "unusual": "a week further than two standard deviations from the mean of the eight before it.",
    "worth a look": "what is unusual, and a median that changed by half or more, with 10 on both sides.",
}

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "Backlog age",
        "Backlog age",
        "age of the reports that are accepted or in progress now, since each was filed",
        "days, p50 and p90",
        (_ENGINEERING, _DELIVERY),
        "It grows by itself: look at it beside net flow and times to fix.",
    ),
    Entry(
        "Came back",
        "Came back (28 d)",
        "reports whose fix failed verification or that were reopened after one ÷ all that were fixed or came back",
        "part of a whole",
        (_QA, _DELIVERY, _SINCE),
        "In *since the last post* it is counted from then.",
    ),
    Entry(
        "Cycle time",
        "Cycle time (28 d)",
        "from the first work on a report to its fix, by the fixes of 28 d",
        "days, median",
        (_ENGINEERING,),
        "A report that was fixed without being in progress is left out.",
    ),
    Entry(
        "Duplicate rate",
        "Duplicates (28 d)",
        "reports closed as a duplicate ÷ all that left triage: accepted, duplicate or declined",
        "part of a whole",
        (_ENGINEERING,),
        "It tells whether the search for known reports helps.",
    ),
    Entry(
        "Escaped",
        "Escaped to production (28 d)",
        "new bugs met in production ÷ all new bugs",
        "part of a whole",
        (_QA, _DELIVERY),
        "Never told of a person.",
    ),
    Entry("Fixed", "fixed", "reports fixed since the last post, and fixed still", "count", (_SINCE,)),
    Entry("Fixed and verified", "Fixed and verified", "fixes that somebody verified in the week", "count", (_QA,)),
    Entry(
        "Hand-off",
        "Hand-off to first pull request (28 d)",
        "from a frame being ready for dev to the first pull request that names its issue, by the frames marked in 28 d",
        "days, median",
        ("hand_offs",),
    ),
    Entry(
        "Lead time",
        "Lead time, merge to release",
        "from the merge of a pull request to the first release that holds it, by the releases of 28 d",
        "hours, from two days on in days; median",
        (_DELIVERY,),
        "Fewer than 5 are listed one by one.",
    ),
    Entry(
        "Net flow",
        "Net flow, new − closed",
        "new bugs of the week less bugs closed in it",
        "count with its sign",
        (_ENGINEERING,),
    ),
    Entry(
        "New bugs",
        "New bugs",
        "bugs that came in during the week",
        "count",
        (_QA, _SINCE),
        "In *since the last post* they are counted from then.",
    ),
    Entry(
        "Open S1 / S2",
        "Open S1 / S2",
        "reports rated S1 or S2 that are neither fixed nor closed now",
        "two counts",
        (_QA,),
    ),
    Entry(
        "Regressions",
        "regressions",
        "new bugs since the last post that are an old one come again",
        "count",
        (_SINCE,),
    ),
    Entry(
        "Releases",
        "Releases",
        "releases published in the week, and in 28 d; prereleases left out",
        "count",
        (_DELIVERY,),
        "Where nobody publishes any: deployments to production.",
    ),
    Entry(
        "Reports triaged",
        "reports triaged",
        "reports that left triage in the week: accepted, duplicate or declined",
        "count",
        ("decided",),
    ),
    Entry(
        "Time to fix S1",
        "Time to fix S1",
        "from filing to fix of the S1 reports fixed in 28 d",
        "hours, from two days on in days; median",
        (_DELIVERY,),
        "Closing old bugs makes it worse. Fewer than 5 are listed one by one.",
    ),
    Entry(
        "Time to fix S2",
        "Time to fix S2",
        "from filing to fix of the S2 reports fixed in 28 d",
        "hours, from two days on in days; median",
        (_DELIVERY,),
        "As for S1.",
    ),
    Entry(
        "Time to triage",
        "Time to triage (28 d)",
        "from filing to being accepted, by what was accepted in 28 d",
        "working h, median and p90",
        (_ENGINEERING,),
        "What a tracker accepted is left out.",
    ),
    Entry(
        "Triage promise kept",
        "Triage promise kept (28 d)",
        "reports decided on within their promise ÷ all decided on and those past it that wait now",
        "part of a whole",
        (_ENGINEERING,),
        "The clock stands while the reporter is asked and while it is snoozed; what a tracker decided is left out.",
    ),
    Entry(
        "Untriaged",
        "Untriaged",
        "reports that wait for triage now, and the age of the oldest",
        "count, age",
        (_QA, _ENGINEERING),
        "Medians leave out those that wait still: this does not.",
    ),
    Entry(
        "Verification wait",
        "Verification wait (28 d)",
        "from a fix to its verification, by the verifications of 28 d",
        "days, median",
        (_QA,),
    ),
    Entry(
        "Waiting for verification",
        "Waiting for verification",
        "fixes that nobody has verified yet, and the age of the oldest",
        "count, age",
        (_QA,),
    ),
)


def find(words: str) -> tuple[Entry, ...]:
    """List the figures that are called so, else those that an audience of this name reads; without words, all."""
    asked = " ".join(words.casefold().split())
    called = tuple(one for one in ENTRIES if asked in f"{one.name}\n{one.label}".casefold())
    return called or tuple(one for one in ENTRIES if asked in (name.casefold() for name in one.audiences))
