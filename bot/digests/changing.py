"""What people change of a digest in Slack: pause it, resume it, give it another channel, time or content."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from bot.digests import audiences, jobs, runs
from bot.digests.audiences import Reader
from bot.digests.run_states import Step, follow
from bot.errors import PermissionRefused, UserError
from bot.routing.settings import Settings
from bot.services import Services
from storage import digests, people
from storage.database import WorkspaceSession
from storage.models import Audience as AudienceRow
from storage.models import AuditEvent, Role, Via

AUDIENCE = "audience"
# Whose work it is to say what others read.
_ROLES = frozenset({Role.PM, Role.LEAD})


@dataclass(frozen=True)
class Asker:
    """Who asks for a change of a digest, and how; `request_key` makes the same request twice one change."""

    slack_user_id: str
    via: Via
    request_key: str | None = None


@dataclass(frozen=True)
class _Done:
    """What a change did."""

    action: str
    before: dict[str, Any]
    after: dict[str, Any]


async def pause(services: Services, key: str, asker: Asker, until: datetime | None) -> Reader:
    """Post nothing until then, or until it is resumed.

    Raises:
        UserError: there is no such audience.
        PermissionRefused: the person may not.
    """
    return await _change(services, key, asker, "pause", lambda row: _pause(row, until))


async def resume(services: Services, key: str, asker: Asker) -> Reader:
    """Post again, from now on: what was due meanwhile is not made up for.

    Raises:
        UserError, PermissionRefused: as `pause`.
    """

    def apply(row: AudienceRow) -> None:
        row.paused, row.paused_until, row.known_since = False, None, services.now()

    return await _change(services, key, asker, "resume", apply)


async def change(services: Services, key: str, asker: Asker, changes: dict[str, Any]) -> Reader:
    """Let what was chosen in Slack go before what the settings file says; what is equal to the file is left to it.

    Raises:
        UserError: a value cannot be; the text says which.
        PermissionRefused: the person may not.
    """
    named = services.settings.audiences.get(key)
    if named is None:
        raise UserError(unknown(services.settings, key))
    given = audiences.as_filed(named) | {
        "sections": list(named.sections or audiences.default_sections(key)),
        "tz": named.tz or services.settings.working_hours.tz,
        "empty": named.empty or audiences.default_empty(key),
    }
    kept = {name: value for name, value in changes.items() if value != given.get(name)}
    try:
        audiences.changed(named, kept)
    except ValidationError as refused:
        first = refused.errors(include_url=False)[0]
        raise UserError(f"{first['msg'].removeprefix('Value error, ')}.") from refused

    def apply(row: AudienceRow) -> None:
        row.changes = kept

    return await _change(services, key, asker, "change", apply)


async def rechannel(services: Services, run_id: int, asker: Asker, channel: str) -> Reader:
    """Post a digest that could not be posted in another channel, and all that follow it.

    Raises:
        UserError: it is no longer there, or was posted.
        PermissionRefused: the person may not.
    """

    def unit(session: WorkspaceSession) -> str:
        run = digests.get(session, run_id)
        if run is None or run.audience_key not in services.settings.audiences:
            raise UserError("This digest is no longer there. `/liaison digest` lists those there are.")
        require(session, services.settings, run.audience_key, asker.slack_user_id)
        row = _row(session, services, run.audience_key)
        row.changes = {**row.changes, "channel": channel}
        session.add(row)
        was = {"channel": run.channel_id}
        _audit(session, services, asker, row, _Done("rechannel", was, {"channel": channel}))
        if run.state in runs.GIVEN_UP:
            run.channel_id, run.error, run.attempts = channel, "", 0
            run.state = follow(run.state, Step.RECHANNEL)
            session.add(run)
            session.flush()
            jobs.post(session, run, f"in:{channel}")
        return run.audience_key

    key = await services.database.write(services.workspace, unit)
    return await _read(services, key)


def require(session: WorkspaceSession, settings: Settings, key: str, slack_user_id: str) -> None:
    """Raise PermissionRefused, naming who may, unless a person may change a digest.

    Its owner, who is asked for its sentence, the administrators, leads and product managers may; everybody, where the
    settings name no administrator.
    """
    audience = settings.audiences[key]
    named = {one for one in (audience.owner, audience.health_from) if one} | set(settings.roles.admin)
    if slack_user_id in named or not settings.roles.admin:
        return
    if people.meet(session, slack_user_id).role in _ROLES:
        return
    names = sorted(people.meet(session, one).name or one for one in named)
    raise PermissionRefused(
        f"Only leads, product managers and {' or '.join(names)} may change the digest {key}. Ask one of them."
    )


def unknown(settings: Settings, key: str) -> str:
    """Say that there is no such digest, and which there are."""
    if not settings.audiences:
        return "There are no digests yet. Name `audiences` in the settings file; docs/digests.md shows how."
    return f"There is no digest called “{key}”. There are: {', '.join(settings.audiences)}."


async def _change(
    services: Services, key: str, asker: Asker, action: str, apply: Callable[[AudienceRow], None]
) -> Reader:
    if key not in services.settings.audiences:
        raise UserError(unknown(services.settings, key))

    def unit(session: WorkspaceSession) -> None:
        require(session, services.settings, key, asker.slack_user_id)
        row = _row(session, services, key)
        before = _facts(row)
        apply(row)
        session.add(row)
        _audit(session, services, asker, row, _Done(action, before, _facts(row)))

    await services.database.write(services.workspace, unit)
    return await _read(services, key)


async def _read(services: Services, key: str) -> Reader:
    found = await services.database.read(
        services.workspace, lambda session: audiences.reader(session, services.settings, key, services.now())
    )
    assert found is not None
    return found


def _row(session: WorkspaceSession, services: Services, key: str) -> AudienceRow:
    audiences.meet(session, services.settings, services.now())
    session.flush()
    row = audiences.row_of(session, key)
    assert row is not None
    return row


def _pause(row: AudienceRow, until: datetime | None) -> None:
    row.paused, row.paused_until = True, until


def _facts(row: AudienceRow) -> dict[str, Any]:
    until = row.paused_until.isoformat() if row.paused_until else ""
    return {"changes": row.changes, "paused": row.paused, "paused_until": until}


def _audit(session: WorkspaceSession, services: Services, asker: Asker, row: AudienceRow, done: _Done) -> None:
    """Write down who changed what."""
    event = AuditEvent(
        at=services.now(),
        actor_id=people.meet(session, asker.slack_user_id).id,
        via=asker.via,
        subject_type=AUDIENCE,
        subject_id=row.id or 0,
        action=f"digest_{done.action}",
        before=done.before,
        after=done.after,
        request_key=asker.request_key,
    )
    session.add(event)
