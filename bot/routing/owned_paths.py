"""Whose a file is: a component's by its paths, or else a team's by the CODEOWNERS file."""

from dataclasses import dataclass

from bot.routing import files, globs
from bot.routing.settings import Settings


@dataclass(frozen=True)
class OwnedFile:
    """A file named in a report, with the team it belongs to, and the component where one has it."""

    file: str
    component: str | None
    team: str


def owned_file(settings: Settings, text: str) -> OwnedFile | None:
    """Find the first file of a text that belongs to somebody.

    A component's `paths` go before the CODEOWNERS file. Of several components, the one with the most exact glob has
    it; of several lines of CODEOWNERS, the last.
    """
    for file in files.files_in(text):
        owned = _by_component(settings, file) or _by_codeowners(settings, file)
        if owned is not None:
            return owned
    return None


def _by_component(settings: Settings, file: str) -> OwnedFile | None:
    fitting = [
        (globs.weight(glob), key)
        for key, component in settings.components.items()
        for glob in component.paths
        if files.fits_path(glob, file)
    ]
    if not fitting:
        return None
    key = max(fitting, key=lambda one: one[0])[1]
    return OwnedFile(file, key, settings.components[key].owner)


def _by_codeowners(settings: Settings, file: str) -> OwnedFile | None:
    if settings.codeowners is None:
        return None
    team = settings.code_owners.team_for(settings.codeowners.map, file)
    return OwnedFile(file, None, team) if team else None
