"""The trackers of an installation: how many jobs ask one at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bot.services import Services
from integrations import connections
from integrations.connections import MOST_AT_ONCE, MOST_WAITING, WAIT_S, Connections


@pytest.fixture
def trackers(services: Services) -> Connections:
    return services.trackers


@asynccontextmanager
async def all_taken(trackers: Connections, name: str) -> AsyncIterator[list[bool]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(trackers.turn(name)) for _ in range(MOST_AT_ONCE)]


async def is_free(trackers: Connections, name: str) -> bool:
    async with trackers.turn(name) as is_our_turn:
        return is_our_turn


async def test_so_many_ask_a_tracker_at_once_and_no_more(
    trackers: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for all of them, one after the other.
    monkeypatch.setattr(connections, "WAIT_S", 10)
    asking, most, done = 0, 0, 0

    async def ask() -> None:
        nonlocal asking, most, done
        async with trackers.turn("github") as is_our_turn:
            assert is_our_turn
            asking += 1
            most = max(most, asking)
            await asyncio.sleep(0.01)
            asking -= 1
            done += 1

    await asyncio.gather(*(ask() for _ in range(MOST_AT_ONCE + MOST_WAITING)))

    assert (most, done) == (MOST_AT_ONCE, MOST_AT_ONCE + MOST_WAITING)


async def test_it_is_not_our_turn_when_none_is_free_soon(trackers: Connections) -> None:
    loop = asyncio.get_running_loop()

    async with all_taken(trackers, "github") as turns:
        began = loop.time()
        is_our_turn = await is_free(trackers, "github")
        waited_s = loop.time() - began

    assert (turns, is_our_turn) == ([True] * MOST_AT_ONCE, False)
    assert WAIT_S * 0.9 <= waited_s < WAIT_S + 1


async def test_nobody_waits_when_the_tracker_hangs(trackers: Connections) -> None:
    async with all_taken(trackers, "github"):
        await asyncio.sleep(WAIT_S * 1.1)
        async with asyncio.timeout(WAIT_S / 2):
            turns = [await is_free(trackers, "github") for _ in range(100)]

    assert turns == [False] * 100
    assert await is_free(trackers, "github")


async def test_only_a_few_wait_for_their_turn(trackers: Connections) -> None:
    async with all_taken(trackers, "github"):
        waiting = [asyncio.create_task(is_free(trackers, "github")) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        async with asyncio.timeout(WAIT_S / 2):
            one_more = await is_free(trackers, "github")
        await asyncio.gather(*waiting)

    assert not one_more


async def test_caller_is_called_off_when_its_time_was_over_before(trackers: Connections) -> None:
    async def ask() -> None:
        async with asyncio.timeout(0), trackers.turn("github"):
            await asyncio.sleep(WAIT_S)

    with pytest.raises(TimeoutError):
        await ask()


async def test_it_is_our_turn_when_one_is_given_back_in_time(trackers: Connections) -> None:
    async with AsyncExitStack() as others:
        for _ in range(MOST_AT_ONCE):
            await others.enter_async_context(trackers.turn("github"))
        waiting = asyncio.create_task(is_free(trackers, "github"))
        await asyncio.sleep(WAIT_S / 5)
        await others.aclose()

        assert await waiting


async def test_another_tracker_is_asked_when_one_hangs(trackers: Connections) -> None:
    async with all_taken(trackers, "github"):
        assert await is_free(trackers, "gitlab")


@pytest.mark.parametrize(
    "failure", [RuntimeError("a bug"), TimeoutError("the tracker's own"), asyncio.CancelledError()]
)
async def test_turn_is_given_back_when_what_was_asked_fails(trackers: Connections, failure: BaseException) -> None:
    async def fail() -> None:
        async with trackers.turn("github"):
            raise failure

    for _ in range(MOST_AT_ONCE + 1):
        with pytest.raises(type(failure)):
            await fail()

    async with all_taken(trackers, "github") as turns:
        assert turns == [True] * MOST_AT_ONCE


async def test_no_turn_is_lost_when_those_who_wait_go_away(trackers: Connections) -> None:
    async with all_taken(trackers, "github"):
        waiting = [asyncio.create_task(is_free(trackers, "github")) for _ in range(5)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert not await is_free(trackers, "github")

    async with all_taken(trackers, "github") as turns:
        assert turns == [True] * MOST_AT_ONCE
