"""The team's settings: teams, components, channels, people, rules and hours, as the settings file has them."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, PrivateAttr, Tag

from bot.routing import names
from bot.routing.codeowners import CodeOwnersFile
from bot.routing.problems import hint, listed
from bot.routing.reporting_schema import Audience, Figma, Kpi
from bot.routing.rule_schema import Addition, Also, Condition, Outcome, Route
from bot.routing.times import Day, Promise, Promises, PromiseText, Weekday, WorkingHours
from bot.routing.values import (
    BLOCK,
    CHANNEL_PATTERN,
    KEY_PATTERN,
    LONGEST_NAME,
    PERSON_PATTERN,
    WORD,
    ChannelRef,
    Flag,
    Glob,
    Key,
    Labels,
    Name,
    Number,
    Part,
    People,
    PersonId,
    Target,
    Word,
    word_or_block,
    wrong_at,
)
from integrations.trackers import TRACKERS
from storage.models import FoundIn, Role

__all__ = [
    "CHANNEL_PATTERN",
    "KEY_PATTERN",
    "LONGEST_NAME",
    "MOST_COMPONENTS",
    "PERSON_PATTERN",
    "Addition",
    "Also",
    "Audience",
    "ChannelDefaults",
    "CodeOwners",
    "Component",
    "Condition",
    "Figma",
    "Kpi",
    "Member",
    "Outcome",
    "Pick",
    "Promise",
    "PromiseText",
    "Promises",
    "Roles",
    "Route",
    "Settings",
    "Team",
    "Weekday",
    "WorkingHours",
    "default_settings",
]

# A menu of a Slack form shows at most 100 options.
# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
MOST_COMPONENTS = 100
MOST_OPEN = 1000


class Pick(StrEnum):
    """How a team's reports find their owner."""

    NONE = "none"
    FIRST = "first"
    ROTATE_WEEKLY = "rotate-weekly"
    FEWEST_OPEN = "fewest-open"


LOCAL = "local"


def _known_target(value: dict[str, str]) -> dict[str, str]:
    """Hold a tracker and the project in it to what that tracker takes."""
    for name, project in value.items():
        kind = TRACKERS.get(name)
        if kind is None:
            raise wrong_at(f"is no tracker; {hint(name, TRACKERS) or f'there are {listed(TRACKERS)}'}", name)
        if kind.project_pattern and not re.fullmatch(kind.project_pattern, project):
            raise wrong_at(f"is no project of {kind.title}; expected one like {kind.project_example}", name)
    return value


TrackerTarget = Annotated[dict[str, Target], AfterValidator(_known_target)]


class Team(Part):
    """Who triages in which channel."""

    channel: ChannelRef = Field(description='Where its cards stand: a channel id, or "#name" in quotes.')
    people: People = Field(default=(), description="Who decides; left out, everybody in the channel may.")
    pick: Pick = Field(default=Pick.NONE, description="How its reports find their owner.")
    name: Name = Field(default="", description="What people call it.")
    lead: PersonId | None = Field(default=None, description="Who hears when a promise is not kept.")
    capacity: Number | None = Field(
        default=None, ge=1, le=MOST_OPEN, description="How many open reports each of its people gets at most."
    )
    working_hours: WorkingHours | None = Field(default=None, description="When it works; left out, when all do.")


class Component(Part):
    """A part of the product; `owner` is the key of its team. `public_name` is what customers call it."""

    owner: Key = Field(description="The team that decides on its reports.")
    name: Name = Field(default="", description="What the form calls it.")
    labels: Labels = Field(default=(), description="Labels for its issues.")
    public_name: Name = Field(default="", description="What customers call it.")
    promoted: Flag = Field(default=False, description="Marketing talks about it.")
    paths: tuple[Glob, ...] = Field(default=(), description="Globs for the files that belong to it.")
    tracker: TrackerTarget = Field(default_factory=dict, max_length=1, description="Where its issues go.")


class Roles(Part):
    """Who may do more than others, in every team."""

    triage: People = Field(default=(), description="Decide on every report.")
    admin: People = Field(default=(), description="The same, undo at any time, and hear of broken settings.")


class Member(Part):
    """What the file says of one person; `capacity` goes before the team's."""

    role: Role | None = Field(default=None, description="What they do.")
    capacity: Number | None = Field(
        default=None, ge=0, le=MOST_OPEN, description="How many open reports they get at most; 0: none."
    )
    accounts: dict[str, Word] = Field(
        default_factory=dict, description="Their login or id in each tracker, by its name."
    )


class ChannelDefaults(Part):
    """What a report from a channel is taken for, unless its reporter says otherwise."""

    component: Key | None = Field(default=None, description="The part of the product.")
    found_in: FoundIn | None = Field(default=None, description="Where the product ran.")
    labels: Labels = Field(default=(), description="Labels for its issue.")


class CodeOwners(Part):
    """A CODEOWNERS file, and which of those it names are which teams here."""

    file: str = Field(min_length=1, max_length=500, description="The file, seen from the folder of the settings file.")
    map: dict[str, Key] = Field(min_length=1, description='Who is named there and which team that is: "@acme/pay": pay')


Defaults = Annotated[
    Annotated[Key, Tag(WORD)] | Annotated[ChannelDefaults, Tag(BLOCK)],
    Discriminator(word_or_block),
]


class Settings(Part):
    """The whole file; the order of teams and components is the file's."""

    version: Literal[1] = Field(description="1, the version of this form of the file.")
    teams: dict[Key, Team] = Field(min_length=1, description="Who triages where.")
    components: dict[Key, Component] = Field(
        min_length=1, max_length=MOST_COMPONENTS, description="The parts of the product, in the order of the form."
    )
    tracker: TrackerTarget = Field(
        default_factory=dict, max_length=1, description="Where issues go whose component has no tracker of its own."
    )
    channels: dict[ChannelRef, Defaults] = Field(
        default_factory=dict, description="What a report from a channel is taken for: a component, or more."
    )
    routes: tuple[Route, ...] = Field(default=(), description="The first that fits decides; the last is for always.")
    also: tuple[Also, ...] = Field(default=(), description="Each that fits adds something.")
    codeowners: CodeOwners | None = Field(default=None, description="A CODEOWNERS file that path: owned reads too.")
    people: dict[PersonId, Member] = Field(default_factory=dict, description="What is known of single people.")
    roles: Roles = Field(default=Roles(), description="Who may do more, in every team.")
    promises: Promises = Field(default=Promises(), description="How soon a report of each severity is decided on.")
    working_hours: WorkingHours = Field(default=WorkingHours(), description="When all work, if a team does not differ.")
    days_off: tuple[Day, ...] = Field(default=(), description="Days on which nobody works.")
    audiences: dict[Key, Audience] = Field(default_factory=dict, description="Who hears regularly, where and when.")
    figma: Figma | None = Field(default=None, description="Which Figma files digests tell of.")
    kpis: dict[Key, Kpi] = Field(default_factory=dict, description="Figures that are watched. Not used yet.")

    # What the CODEOWNERS file says; it is no part of this file, and so cannot be written in it.
    _code_owners: CodeOwnersFile = PrivateAttr(default=CodeOwnersFile())

    @property
    def code_owners(self) -> CodeOwnersFile:
        """Give the lines of the CODEOWNERS file; none where there is no such file."""
        return self._code_owners

    def with_code_owners(self, file: CodeOwnersFile) -> "Settings":
        """Return these settings with what their CODEOWNERS file says."""
        changed = self.model_copy()
        changed._code_owners = file
        return changed

    def target_of(self, component_key: str | None) -> tuple[str, str]:
        """Return the tracker and the project that issues of a component go to; the built-in one where none is named."""
        component = self.components.get(component_key or "")
        named = (component.tracker if component else {}) or self.tracker
        return next(iter(named.items()), (LOCAL, ""))

    def projects_of(self, tracker: str) -> tuple[str, ...]:
        """List the projects of a tracker that issues go to."""
        targets = dict.fromkeys(self.target_of(key) for key in (None, *self.components))
        return tuple(project for name, project in targets if name == tracker)

    def team_of(self, component_key: str) -> str | None:
        """Return the key of the team that owns a component."""
        component = self.components.get(component_key)
        return component.owner if component else None

    def component_for_channel(self, channel_id: str) -> str | None:
        """Return the component that a report from a channel is likely about.

        That is the one `channels` names, or else the only one of the team whose channel this is.
        """
        named = self.defaults_of(channel_id).component
        if named is not None:
            return named
        owners = {key for key, team in self.teams.items() if team.channel == channel_id}
        owned = [key for key, component in self.components.items() if component.owner in owners]
        return owned[0] if len(owned) == 1 else None

    def defaults_of(self, channel_id: str) -> ChannelDefaults:
        """Return what a report from a channel is taken for."""
        named = self.channels.get(channel_id) or ChannelDefaults()
        return ChannelDefaults(component=named) if isinstance(named, str) else named

    def channels_named(self) -> tuple[str, ...]:
        """List every channel that the file names, by id or #name, each once."""
        return tuple(dict.fromkeys(names.names_in(self, names.CHANNELS)))

    def channel_names(self) -> tuple[str, ...]:
        """List the channels given by #name, which Slack must turn into ids."""
        return tuple(one for one in self.channels_named() if one.startswith("#"))

    def person_names(self) -> tuple[str, ...]:
        """List the people given by @name, which Slack must turn into ids."""
        return tuple(dict.fromkeys(one for one in names.names_in(self, names.PEOPLE) if one.startswith("@")))

    def with_ids(self, channels: Mapping[str, str], people: Mapping[str, str]) -> "Settings":
        """Return these settings with each #name and @name that has an id replaced by it; other names stay."""
        return names.with_ids(self, {**channels, **people})


def default_settings(channel: str) -> Settings:
    """Make the settings of a workspace without a file: one team for one component, in one channel."""
    return Settings(
        version=1,
        teams={"triage": Team(channel=channel, name="Triage")},
        components={"general": Component(owner="triage", name="General")},
    )
