"""The buttons below a change that customers can see: use its text, edit it, or do not announce it."""

from bot.digests import announcing
from bot.digests.announcing import Wish
from handlers.slack import presses
from handlers.slack.feature import Feature, Request
from handlers.views import announce
from handlers.views import digest as view
from storage.models import Via


async def use(request: Request) -> None:
    """Announce with the text as it is, and show it to be copied."""
    announced = await announcing.use(request.services, _pressed(request))
    await request.ack()
    await request.say(*announce.used(announced))


async def edit(request: Request) -> None:
    """Open the form with the text."""
    await presses.show(request, announce.draw_edit(await announcing.read(request.services, _pressed(request))))


async def submit_edit(request: Request) -> None:
    """Announce with the text that was written."""
    words = announce.text_of(request.body["view"])
    announced = await announcing.use(request.services, _submitted(request), words)
    await request.ack()
    await request.say(*announce.used(announced))


async def drop(request: Request) -> None:
    """Ask whether it stays with us."""
    await presses.show(request, announce.draw_drop(await announcing.read(request.services, _pressed(request))))


async def submit_drop(request: Request) -> None:
    """Keep the change to ourselves; the digest's line says so."""
    await announcing.drop(request.services, _submitted(request), announce.reason_of(request.body["view"]))
    await request.ack()


async def take_back(request: Request) -> None:
    """Let it wait again."""
    waiting = await announcing.take_back(request.services, _pressed(request))
    await request.ack()
    await request.say(announce.taken_back(waiting))


def _pressed(request: Request) -> Wish:
    return Wish(view.pressed(request.body["actions"][0]), request.user_id, Via.BUTTON, request.key)


def _submitted(request: Request) -> Wish:
    return Wish(announce.change_of(request.body["view"]), request.user_id, Via.MODAL, request.key)


FEATURE = Feature(
    name="digest_announce",
    actions={
        view.DIGEST_ANNOUNCE_USE: use,
        view.DIGEST_ANNOUNCE_EDIT: edit,
        view.DIGEST_ANNOUNCE_DROP: drop,
        announce.TAKE_BACK: take_back,
    },
    views={announce.EDIT: submit_edit, announce.DROP: submit_drop},
)
