"""`/liaison help`: what can be asked, and what the figures are made of."""

from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot.services import Services
from handlers.liaison import COMMAND
from handlers.slack.feature import Request
from handlers.slack.outbox import Outbox
from handlers.views import numbers
from handlers.views.blocks import Block


async def answered(services: Services, typed: str) -> list[tuple[str, list[Block]]]:
    """Type something behind `/liaison`; return what the asker is shown."""
    said: list[tuple[str, list[Block]]] = []

    async def ack() -> None:
        return

    async def say(text: str, blocks: list[Block]) -> None:
        said.append((text, blocks))

    request = Request(
        body={"text": typed},
        user_id="U0EVE",
        channel="C0QA",
        trigger_id="",
        key="command:1",
        services=services,
        outbox=Outbox(AsyncWebClient()),
        ack=ack,
        say=say,
    )
    await handlers.routes().requests["command", COMMAND](request)
    return said


async def test_help_names_the_dictionary_of_figures(services: Services) -> None:
    [(said, blocks)] = await answered(services, "Help")

    assert said == "What Liaison can do"
    assert "`/liaison help numbers` says what each figure of a digest is made of" in str(blocks)


async def test_help_numbers_tells_of_all_figures_and_with_a_name_of_one(services: Services) -> None:
    assert await answered(services, "help numbers") == [numbers.draw()]
    assert await answered(services, " HELP  Numbers lead time") == [numbers.draw("lead time")]
