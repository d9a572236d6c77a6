"""Every key of every kind of request dropped, and of other types: Slack always hears back."""

import copy
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from sqlmodel import select

from handlers.slack.inbox import EVENT_JOB
from storage.database import WorkspaceSession
from storage.models import Job
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
Node = dict[str, Any]
CARDS = "checkout-bugs"
DROPPED = object()
OTHERS = (None, "", 5, [None], {}, {"id": 5}, "\ud800")
# All for each key take a minute and found nothing more; neighbours get different ones.
EACH = 2
ENVELOPES = {"None": "slash_commands", "event_callback": "events_api"}


async def recorded(world: World) -> list[Node]:
    """Return what Slack sent for one of each kind of thing a person can do."""
    bodies: list[Node] = []

    async def record(body: Node, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002  # Bolt's name
        bodies.append(copy.deepcopy(body))
        await next()

    world.bot.bolt.use(record)
    slack = world.slack
    await slack.command("eve", "/bug", "Cart is empty", "qa")
    await slack.submit_view("eve")
    await world.settle()
    [card] = await slack.messages(CARDS)
    ts = card["ts"]
    await slack.click("bo", CARDS, ts, "report.accept")
    await slack.click("bo", CARDS, ts, "report.menu", choose="snooze:1")
    await slack.close_view("bo")
    said = await slack.message("eve", "qa", "Basket is empty")
    await slack.message_shortcut("dev", "qa", said, "report_message")
    await slack.global_shortcut("dev", "report_bug")
    await slack.open_home("eve")
    await slack.react("dev", "qa", said, "ticket")
    await slack.message("eve", "qa", "<@U0BOT> bugs", thread_ts=said)
    await slack.message("eve", await world.bot.outbox.direct_channel("U0EVE"), "Safari")
    await world.settle()
    await slack.click_home("eve", "home.report")
    bodies += await world.read(_events)
    kinds = {f"{body.get('type')} {body.get('event', {}).get('type')}": body for body in bodies}
    return list(kinds.values())


def _events(session: WorkspaceSession) -> list[Node]:
    """Return the events that were kept, in the envelope Slack puts them in."""
    kept = session.exec(select(Job).where(Job.kind == EVENT_JOB)).all()
    authorization = {"team_id": session.workspace, "enterprise_id": None, "user_id": "U0BOT", "is_bot": True}
    envelope = {"token": "t", "team_id": session.workspace, "api_app_id": "A1", "authorizations": [authorization]}
    return [{"type": "event_callback", **envelope, **job.payload, "event_time": 1} for job in kept]


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every key; of lists only the first entry, and nothing inside blocks, which are ours."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield (*path, name)
            if name != "blocks":
                yield from paths(value, (*path, name))
    elif isinstance(node, list) and node:
        yield (*path, 0)
        yield from paths(node[0], (*path, 0))


def mutants(body: Node) -> Iterator[tuple[str, Node]]:
    """Yield the body without each of its keys, and with some things else in its place, each with its name."""
    for at, path in enumerate(paths(body)):
        for put in (DROPPED, *(OTHERS[(EACH * at + turn) % len(OTHERS)] for turn in range(EACH))):
            changed = copy.deepcopy(body)
            place = changed
            for step in path[:-1]:
                place = place[step]
            if put is DROPPED:
                del place[path[-1]]
            else:
                place[path[-1]] = put
            yield f"{'.'.join(map(str, path))} = {put!r}", changed


async def test_slack_hears_back_when_any_key_is_dropped_or_of_other_types(world: World) -> None:
    bodies = await recorded(world)

    unanswered = []
    count = 0
    for body in bodies:
        envelope = ENVELOPES.get(str(body.get("type")), "interactive")
        for name, mutant in mutants(body):
            count += 1
            answer = await world.slack.inject(envelope, mutant)
            if not answer["acked"]:
                unanswered.append(f"{body.get('type')}: {name}: {answer}")

    assert len(bodies) >= 9
    assert count > 600
    assert unanswered == []
