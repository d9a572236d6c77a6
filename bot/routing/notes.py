"""What is worth knowing of settings that are right: what this version does not use, and what has no effect."""

from collections.abc import Iterator

from bot.routing.covered import covered_routes
from bot.routing.problems import hint
from bot.routing.settings import Settings


def notes_of(settings: Settings) -> Iterator[str]:
    """Give each note as one sentence that begins with the name it is about."""
    yield from (f"{name} is read, and not used by this version" for name in _unused(settings))
    yield from _covered(settings)
    yield from _without_effect(settings)
    yield from _unknown_figures(settings)
    yield from _unknown_owners(settings)


def people_of(settings: Settings) -> tuple[str, ...]:
    """List everybody who is in a team or has a role, each once."""
    teams = settings.teams.values()
    named = [person for team in teams for person in (*team.people, *([team.lead] if team.lead else []))]
    return tuple(dict.fromkeys([*named, *settings.roles.triage, *settings.roles.admin, *settings.people]))


def _unused(settings: Settings) -> Iterator[str]:
    yield from (name for name in ("audiences", "kpis") if getattr(settings, name))


def _covered(settings: Settings) -> Iterator[str]:
    for number, above in covered_routes(settings):
        names = (settings.routes[number - 1].name, settings.routes[above - 1].name)
        yield f"routes: rule {number} “{names[0]}” never decides: what fits it fits rule {above} “{names[1]}” above"


def _without_effect(settings: Settings) -> Iterator[str]:
    in_teams = {person for team in settings.teams.values() for person in team.people}
    for person, member in settings.people.items():
        if member.capacity is not None and person not in in_teams:
            yield f"people.{person}: has a capacity and is in no team's people, so it counts nowhere"


def _unknown_figures(settings: Settings) -> Iterator[str]:
    for key, audience in settings.audiences.items():
        for kpi in audience.kpis:
            if kpi not in settings.kpis:
                yield f"audiences.{key}.kpis: no figure is called {kpi} yet"


def _unknown_owners(settings: Settings) -> Iterator[str]:
    if settings.codeowners is None or not settings.code_owners.lines:
        return
    named = {owner for line in settings.code_owners.lines for owner in line.owners}
    for owner in settings.codeowners.map:
        if owner not in named:
            meant = hint(owner, sorted(named)) or "so its team gets nothing by it"
            yield f"codeowners.map.{owner}: owns nothing in {settings.codeowners.file}; {meant}"
