"""`/liaison digest`: which digests there are, a look at one, and what people change of them."""

import asyncio
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.digests import changing, overview, schedule
from bot.digests.audiences import Reader, reader, title
from bot.digests.changing import Asker
from bot.digests.overview import DigestLine
from bot.digests.sections import sections
from bot.errors import UserError
from bot.triage.away import parse_day
from handlers.slack import presses
from handlers.slack.channels import find_ids, why_unusable
from handlers.slack.feature import Feature, Request, Word, WordCall
from handlers.views import digest as view
from handlers.views import digest_list, digest_news, digest_settings
from handlers.views.blocks import context
from storage import digests
from storage.database import WorkspaceSession
from storage.models import DigestRun, Via

_WHAT = ("preview", "now", "pause", "resume", "settings")
_USAGE = "Say what to do with it: `preview`, `now`, `pause`, `resume` or `settings`."


async def digest(call: WordCall) -> None:
    """List the digests, or do with one what the words say."""
    key, _, rest = call.words.strip().partition(" ")
    what, _, more = rest.strip().partition(" ")
    what = what.lower() or "preview"
    if not key:
        lines = await _lines(call.request)
        await call.request.say(*digest_list.listed(lines))
        return
    key = _known(call.request, key)
    if what not in _WHAT:
        raise UserError(_USAGE)
    if what == "settings":
        await _open_settings(call.request, key)
    elif what == "preview":
        await _preview(call.request, key)
    elif what == "now":
        await _post_now(call.request, key)
    elif what == "pause":
        await _pause(call.request, key, more)
    else:
        await _resume(call.request, key)


async def save(request: Request) -> None:
    """Keep what was chosen in the form of a digest."""
    form = request.body["view"]
    key, changes = digest_settings.audience_of(form), digest_settings.submitted(form)
    changes["channel"] = await _channel_id(request, str(changes["channel"]))
    await changing.change(request.services, key, Asker(request.user_id, Via.MODAL, request.key), changes)
    await request.ack()


async def ask_channel(request: Request) -> None:
    """Open the form for another channel."""
    run = await _run(request, int(str(request.body["actions"][0].get("value"))))
    await presses.show(request, digest_settings.draw_channel(run.id or 0, title(run.audience_key), run.channel_id))


async def choose_channel(request: Request) -> None:
    """Post a digest that could not be posted in the channel that was named."""
    form = request.body["view"]
    channel = await _channel_id(request, digest_settings.submitted_channel(form))
    asker = Asker(request.user_id, Via.MODAL, request.key)
    found = await changing.rechannel(request.services, digest_settings.run_of(form), asker, channel)
    await request.ack()
    await request.say(*digest_news.moved(title(found.key), channel))


async def _preview(request: Request, key: str) -> None:
    services = request.services
    found = await services.database.read(services.workspace, lambda session: overview.preview(session, services, key))
    drawn = await asyncio.to_thread(view.draw, found, charts=False)
    note = context(view.preview_note(drawn))
    await request.say(drawn.text, [*drawn.blocks, note] if drawn.blocks else [note])


async def _post_now(request: Request, key: str) -> None:
    await _require(request, key)
    await schedule.ask(request.services, key, request.key)
    line = await _line(request, key)
    await request.say(*digest_list.changed(line, f"The {title(key)} digest is being posted."))


async def _pause(request: Request, key: str, words: str) -> None:
    found = await _reader(request, key)
    until = _until(words.removeprefix("until").strip(), found, request.services.now())
    await changing.pause(request.services, key, _asker(request), until)
    await request.say(*digest_list.changed(await _line(request, key), f"The {title(key)} digest is paused."))


async def _resume(request: Request, key: str) -> None:
    await changing.resume(request.services, key, _asker(request))
    await request.say(*digest_list.changed(await _line(request, key), f"The {title(key)} digest goes on."))


async def _open_settings(request: Request, key: str) -> None:
    if not request.trigger_id:
        raise UserError(f"A form opens only from the command: `/liaison digest {key} settings`.")
    await _require(request, key)
    about = {name: section.about for name, section in sections().items()}
    await presses.show(request, digest_settings.draw(await _reader(request, key), about))


def _until(words: str, found: Reader, now: datetime) -> datetime | None:
    """Read until when a digest is paused: the beginning of a day on the audience's clock; None for good."""
    if not words:
        return None
    today = now.astimezone(found.zone).date()
    try:
        day = parse_day(words, today)
    except UserError:
        day = None
    if day is None or day <= today:
        raise UserError("Name a day to come within a year, like `pause until mon` or `pause until 2026-12-07`.")
    return datetime.combine(day, time(), found.zone).astimezone(ZoneInfo("UTC"))


def _known(request: Request, key: str) -> str:
    known = request.services.settings.audiences
    if key.lower() in known:
        return key.lower()
    if key in known:
        return key
    raise UserError(changing.unknown(request.services.settings, key))


def _asker(request: Request) -> Asker:
    return Asker(request.user_id, Via.COMMAND, request.key)


async def _require(request: Request, key: str) -> None:
    services = request.services
    await services.database.write(
        services.workspace,
        lambda session: changing.require(session, services.settings, key, request.user_id),
    )


async def _channel_id(request: Request, named: str) -> str:
    """Give the id of a channel that Liaison can post in.

    Raises:
        UserError: there is no such channel, or Liaison is not in it.
    """
    named = named.strip()
    if named and not named.startswith("#") and not named[0].isupper():
        named = f"#{named}"
    found = (await find_ids(request.outbox, [named])).get(named, "") if named.startswith("#") else named
    if not found:
        raise UserError(f"There is no channel “{named}”. Create it, or invite Liaison to it.")
    problem = await why_unusable(request.outbox, found)
    if problem:
        raise UserError(f"{named}: {problem}.")
    return found


async def _reader(request: Request, key: str) -> Reader:
    services = request.services
    found = await services.database.read(
        services.workspace, lambda session: reader(session, services.settings, key, services.now())
    )
    assert found is not None
    return found


async def _lines(request: Request) -> list[DigestLine]:
    services = request.services
    return await services.database.read(services.workspace, lambda session: overview.read_overview(session, services))


async def _line(request: Request, key: str) -> DigestLine:
    return next(one for one in await _lines(request) if one.key == key)


async def _run(request: Request, run_id: int) -> DigestRun:
    def unit(session: WorkspaceSession) -> DigestRun | None:
        return digests.get(session, run_id)

    found = await request.services.database.read(request.services.workspace, unit)
    if found is None:
        raise UserError("This digest is no longer there. `/liaison digest` lists those there are.")
    return found


FEATURE = Feature(
    name="digest_word",
    words=(
        Word(
            "digest",
            "digest qa preview",
            "shows, posts, pauses or changes a digest; `digest` alone lists them",
            digest,
        ),
    ),
    actions={digest_news.OTHER_CHANNEL: ask_channel},
    views={digest_settings.FORM: save, digest_settings.CHANNEL_FORM: choose_channel},
)
