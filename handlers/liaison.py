"""`/liaison` and `@Liaison`: finds the word, or says what was perhaps meant."""

import difflib
import re
from collections.abc import Sequence
from typing import Any

from handlers import errors
from handlers.slack.feature import Feature, Request, Task, Word, WordCall
from handlers.slack.outbox import Draft
from handlers.views import lists, numbers, text
from handlers.views.blocks import Block

COMMAND = "/liaison"
HELP = "help"
NUMBERS = "numbers"
_MENTION = re.compile(r"^\s*<@[UW][A-Z0-9]+(\|[^>]*)?>\s*")
BUG_USAGES = (
    ("/bug", "opens the report form"),
    ("/bug some words", "opens it with the title filled in"),
    ("/bug find words", "looks for reports"),
    ("/bug BUG-142", "shows a report"),
)
NUMBERS_USAGE = (f"{COMMAND} {HELP} {NUMBERS}", "says what each figure of a digest is made of")


def feature(words: Sequence[Word]) -> Feature:
    """Make the feature that answers to `/liaison` with these words."""
    by_name = {word.name: word for word in words}

    async def command(request: Request) -> None:
        await request.ack()
        await _run(by_name, request, str(request.body.get("text") or ""))

    async def mentioned(task: Task, event: dict[str, Any]) -> None:
        await _mentioned(by_name, task, event)

    return Feature(name="liaison", commands={COMMAND: command}, events={"app_mention": mentioned})


async def _run(by_name: dict[str, Word], request: Request, typed: str) -> None:
    name, _, rest = typed.strip().partition(" ")
    word = by_name.get(name.lower())
    topic, _, about = rest.strip().partition(" ")
    if word is not None:
        await word.run(WordCall(rest.strip(), request))
    elif name.lower() == HELP and topic.lower() == NUMBERS:
        await request.say(*numbers.draw(about))
    else:
        await request.say(*_help(by_name, name))


async def _mentioned(by_name: dict[str, Word], task: Task, event: dict[str, Any]) -> None:
    """Answer a mention in its thread; with no words, the three most likely things to do."""
    channel, thread_ts = str(event["channel"]), str(event.get("thread_ts") or event["ts"])
    typed = _MENTION.sub("", str(event.get("text") or ""))

    async def nothing_to_ack() -> None:
        return

    async def say(said: str, blocks: list[Block] | None = None) -> None:
        marker = f"liaison:mention:{task.payload['event_id']}"
        draft = Draft(said, blocks or [], marker, thread_ts=thread_ts)
        await task.outbox.post(channel, draft, may_have_been_posted=task.job.may_have_run)

    request = Request(
        body={},
        user_id=str(event["user"]),
        channel=channel,
        trigger_id="",
        key=f"event:{task.payload['event_id']}",
        services=task.services,
        outbox=task.outbox,
        ack=nothing_to_ack,
        say=say,
        is_public=True,
    )
    if typed.strip():
        await errors.run(lambda asked: _run(by_name, asked, typed), request)
    else:
        await say(*lists.help_text([*BUG_USAGES[:2], ("/liaison bugs new", "lists what waits for triage")]))


def _help(by_name: dict[str, Word], asked: str) -> tuple[str, list[Block]]:
    usages = [*BUG_USAGES, *((f"{COMMAND} {word.usage}", word.help) for word in by_name.values()), NUMBERS_USAGE]
    if asked.lower() in {"", HELP}:
        return lists.help_text(usages)
    near = difflib.get_close_matches(asked.lower(), by_name, n=1, cutoff=0.5)
    lead = f"There is no `{text.inline(asked, 40).replace('`', '')}`."
    if near:
        lead += f" Did you mean `{COMMAND} {by_name[near[0]].usage}`?"
    return lists.help_text(usages, lead=lead)
