"""The tracker fails in every way on the way of a report: one issue in the end, or the person is told why not."""

import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from integrations.markup import plain
from integrations.markup.base import Document, Link, Paragraph
from integrations.trackers.base import IssueDraft, with_marker
from storage.models import IssueState
from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault
from tests.scenarios.acting import CARDS, direct_channel
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
MAKE = r"/issues$"
CHANGE = r"/issues/\d+"
HTML = "<html><body>Bad gateway</body></html>"
LIMITED = '{"message": "You have exceeded a secondary rate limit. Please wait."}'
BOMB_MIB = 256
# Longer than any request is waited for.
LATE_S = 33.0


def bomb() -> bytes:
    """Pack a few hundred MiB of nothing into a few hundred KiB."""
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(bytes(2**20)) for _ in range(BOMB_MIB)]
    return b"".join([*pieces, packer.flush()])


@contextmanager
def peak_grows_by_less_than(*, mib: int) -> Iterator[None]:
    # 5 forgets the peak so far. https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_mib()
    yield
    assert peak_mib() - before < mib


def peak_mib() -> float:
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


async def later(tracked: TrackerWorld, minutes: int = 2) -> None:
    """Let time pass, so that what waits is tried again."""
    for _ in range(minutes * 2):
        await tracked.leap(timedelta(seconds=30))


async def issues(tracked: TrackerWorld, state: IssueState = IssueState.OPEN) -> list[str]:
    """List the issues there are in a state; the server's own list, not the bot's."""
    page = await tracked.stage.tracker.list_issues("")
    return [issue.external_id for issue in page.issues if issue.state is state]


def answered(tracked: TrackerWorld) -> int:
    """Count the issues that were asked for, and answered in any way or not waited for any longer."""
    return sum(seen.method == "POST" and seen.path.endswith("/issues") for seen in tracked.proxy.log)


async def heard(tracked: TrackerWorld) -> list[str]:
    """List what the administrator was told of the tracker."""
    told = await tracked.world.slack.messages(await direct_channel(tracked.world, "finn"))
    return [one["text"] for one in told]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(MAKE, "POST", times=2, status=500), id="500"),
        pytest.param(Fault(MAKE, "POST", times=2, status=502, body=HTML), id="502-html"),
        pytest.param(Fault(MAKE, "POST", times=2, status=503), id="503"),
        pytest.param(Fault(MAKE, "POST", times=1, drop="before"), id="reset-before"),
        pytest.param(Fault(MAKE, "POST", times=1, drop="after"), id="reset-after-create"),
        pytest.param(Fault(MAKE, "POST", times=1, drop="midway"), id="cut-after-create"),
        pytest.param(Fault(MAKE, "POST", times=1, status=200, body=HTML), id="html-for-json"),
        pytest.param(Fault(MAKE, "POST", times=1, status=201, body='{"number": 1, "ti'), id="cut-json"),
    ],
)
async def test_one_issue_is_made_in_the_end(tracked: TrackerWorld, fault: Fault) -> None:
    tracked.proxy.faults.append(fault)

    ts = await tracked.filed()
    acked = [card["ts"] for card in await tracked.world.slack.messages(CARDS)]
    await later(tracked)

    assert acked == [ts]
    assert fault.times is not None
    assert fault.times <= 0
    assert await issues(tracked) == [(await tracked.link()).external_id]
    [card] = await tracked.world.slack.messages(CARDS)
    assert "Not in the tracker yet" not in str(card["blocks"])


async def test_extra_is_closed_as_a_duplicate_when_it_lands_late(tracked: TrackerWorld) -> None:
    tracked.proxy.faults.append(Fault(MAKE, "POST", times=1, drop="before"))
    await tracked.filed()
    await later(tracked)
    link = await tracked.link()
    way_back = Link(with_marker("https://acme.slack.com/archives/C0CHECKOUT/p1", link.marker), "Report")

    late = await tracked.stage.tracker.create_issue(
        IssueDraft(link.marker, "Cart is empty", Document((Paragraph((way_back,)),)))
    )
    await later(tracked, minutes=6)

    assert await issues(tracked) == [link.external_id]
    assert await issues(tracked, IssueState.DROPPED) == [late.external_id]
    assert [link.url in str(one.body) for one in await tracked.stage.tracker.list_comments(late.external_id)] == [True]


@pytest.mark.parametrize(
    ("status", "headers", "waits_s"),
    [
        pytest.param(429, {"Retry-After": "40"}, 40.0, id="429-seconds"),
        pytest.param(429, {"Retry-After": "30.5"}, 30.5, id="429-fraction"),
        pytest.param(429, {"Retry-After": "date"}, 30.0, id="429-date"),
        pytest.param(429, {}, 60.0, id="429-not-said"),
        pytest.param(403, {"Retry-After": "30"}, 30.0, id="403-seconds"),
        pytest.param(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "time"}, 30.0, id="403-reset"),
        pytest.param(403, {}, 60.0, id="403-not-said"),
    ],
)
async def test_nothing_is_asked_before_the_time_when_there_is_a_limit(
    tracked: TrackerWorld, status: int, headers: Mapping[str, str], waits_s: float
) -> None:
    until = tracked.world.clock() + timedelta(seconds=waits_s + 2)
    forms = {"date": format_datetime(until, usegmt=True), "time": f"{until.timestamp():.0f}"}
    given = {name: forms.get(value, value) for name, value in headers.items()}
    tracked.proxy.faults.append(Fault(MAKE, "POST", times=1, status=status, headers=given, body=LIMITED))
    await tracked.filed()
    asked = tracked.proxy.count("")

    await tracked.leap(timedelta(seconds=waits_s * 0.8))
    early = tracked.proxy.count("")
    await later(tracked)

    assert early == asked
    assert len(await issues(tracked)) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "refused the token"),
        (403, "did not allow it while making the issue (No)"),
        (404, "Check the project's name"),
        (410, "gone for good or switched off"),
        (422, "did not accept it while making the issue: No"),
    ],
)
async def test_people_are_told_in_words_when_it_is_refused_for_good(
    tracked: TrackerWorld, status: int, words: str
) -> None:
    tracked.proxy.faults.append(Fault(MAKE, "POST", status=status, body='{"message": "No"}'))

    await tracked.filed()
    await later(tracked)

    assert await issues(tracked) == []
    assert tracked.proxy.count(MAKE, status=status) == 1
    [card] = await tracked.world.slack.messages(CARDS)
    assert "Not in the tracker yet" in str(card["blocks"])
    assert words in str(card["blocks"])
    [told] = await heard(tracked)
    assert "does not work" in told
    assert words in told


@pytest.mark.parametrize("way", ["next-report", "nothing-new"])
async def test_all_is_made_and_administrator_hears_once_when_issues_could_only_be_read(
    tracked: TrackerWorld, way: str
) -> None:
    tracked.proxy.faults.append(Fault(MAKE, "POST", status=403, body='{"message": "No"}'))
    for title in ("Cart is empty", "Voucher vanishes", "Pay button hides"):
        await tracked.filed(title)
        await tracked.poll()
    told = await heard(tracked)

    tracked.proxy.faults.clear()
    if way == "next-report":
        await tracked.filed("Total is negative")
    await tracked.leap(timedelta(minutes=11))
    await tracked.poll()
    await later(tracked)

    assert ["does not work" in one for one in told] == [True]
    assert len(await issues(tracked)) == 3 + (way == "next-report")
    assert ["works again" in one for one in await heard(tracked)] == [False, True]


async def test_replies_and_decisions_are_sent_in_order_when_what_was_refused_is_allowed(tracked: TrackerWorld) -> None:
    ts = await tracked.filed()
    await tracked.accept(ts)
    tracked.proxy.faults += [
        Fault(CHANGE, method, status=403, body='{"message": "No"}') for method in ("POST", "PATCH")
    ]
    for number in range(3):
        await tracked.world.slack.message("bo", CARDS, f"Reply {number}", ts)
    await tracked.world.slack.click("bo", CARDS, ts, "report.start")
    await tracked.world.settle()
    await tracked.poll()
    told = await heard(tracked)

    tracked.proxy.faults.clear()
    await tracked.leap(timedelta(minutes=11))
    await tracked.poll()
    await later(tracked)

    assert len(told) == 1
    said = [plain.write(one.body).splitlines()[-1] for one in await tracked.comments()]
    assert said == [f"Reply {number}" for number in range(3)]
    assert (await tracked.issue()).state is IssueState.DOING
    assert ["works again" in one for one in await heard(tracked)] == [False, True]


async def test_one_issue_is_made_and_all_else_goes_on_when_answers_never_end_or_come_too_late(
    tracked: TrackerWorld,
) -> None:
    tracked.proxy.faults.append(Fault(MAKE, "POST", times=1, bytes_per_s=1))
    tracked.proxy.faults.append(Fault(MAKE, "POST", times=1, delay_s=LATE_S))
    started = time.monotonic()

    await tracked.begun("Cart is empty")
    await tracked.begun("Voucher vanishes")
    answered_s = time.monotonic() - started
    await tracked.begun("Search finds nothing", "search")
    await tracked.world.slack.wait_for(lambda: tracked.world.slack.messages("web-bugs"), timeout_s=10)
    await tracked.world.slack.wait_for(lambda: answered(tracked) == 1, timeout_s=40)
    given_up_s = time.monotonic() - started
    await later(tracked)
    made_meanwhile = answered(tracked)
    await tracked.world.slack.wait_for(lambda: answered(tracked) > made_meanwhile, timeout_s=20)
    await later(tracked, minutes=6)

    assert answered_s < 6
    assert given_up_s < 33
    linked = [(await tracked.link(number)).external_id for number in (1, 2)]
    assert await issues(tracked) == sorted(linked)
    assert len(await issues(tracked, IssueState.DROPPED)) == 1


async def test_memory_stays_when_the_answer_is_a_bomb(tracked: TrackerWorld) -> None:
    packed = {"Content-Encoding": "gzip"}
    tracked.proxy.faults.append(Fault(MAKE, "POST", times=1, status=201, headers=packed, body=bomb()))

    with peak_grows_by_less_than(mib=50):
        await tracked.filed()
        await later(tracked)

    assert len(await issues(tracked)) == 1


async def test_other_reports_go_on_when_the_tracker_is_down(tracked: TrackerWorld) -> None:
    tracked.proxy.faults.append(Fault(status=503))
    await tracked.filed()

    await tracked.begun("Search finds nothing", "search")
    await tracked.world.settle()

    assert (await tracked.link(2)).external_id
    assert len(await tracked.world.slack.messages("web-bugs")) == 1
