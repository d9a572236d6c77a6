"""The team's settings: teams, components, channels and roles, as the settings file has them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from storage.models import FoundIn, Role, Severity

# A menu of a Slack form shows at most 100 options, each with a label of at most 75 characters.
# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
MOST_COMPONENTS = 100
LONGEST_NAME = 75
KEY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
PERSON_PATTERN = r"^[UW][A-Z0-9]+$"
CHANNEL_PATTERN = r"^(C[A-Z0-9]+|G[A-Z0-9]+|#[\w-]{1,80})$"


def _only_a_date(value: object) -> object:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("expected a date like 2026-12-24")
    return value


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def _listed(value: object) -> object:
    """One entry may stand without the brackets of a list."""
    return [value] if isinstance(value, str) else value


def _time_of_day(value: object) -> object:
    # YAML reads 9:00 as the number 540.
    if not isinstance(value, str) or not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", value):
        raise ValueError('expected a time of day in quotes, like "09:00"')
    hour, minute = value.split(":")
    return time(int(hour), int(minute))


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("expected a time zone like Europe/Berlin")
    return value


@dataclass(frozen=True)
class Promise:
    """How soon: so many hours, of the clock or of the team's working time."""

    hours: int
    working: bool


def _promise(value: object) -> object:
    if isinstance(value, Promise):
        return value
    match = re.fullmatch(r"([1-9]\d{0,3})(h|wh)", value) if isinstance(value, str) else None
    if match is None and value != "none":
        raise ValueError("expected 1h (hours of the clock), 8wh (working hours) or none")
    return Promise(int(match[1]), match[2] == "wh") if match else None


Key = Annotated[str, Field(pattern=KEY_PATTERN)]
PersonId = Annotated[str, Field(pattern=PERSON_PATTERN)]
ChannelRef = Annotated[str, Field(pattern=CHANNEL_PATTERN)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Label = Annotated[str, Field(min_length=1, max_length=50)]
Day = Annotated[date, BeforeValidator(_only_a_date)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Zone = Annotated[str, AfterValidator(_zone)]
Glob = Annotated[str, Field(min_length=1, max_length=500)]
Globs = Annotated[tuple[Glob, ...], BeforeValidator(_listed)]
Words = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], BeforeValidator(_listed)]
PromiseText = Annotated[Promise | None, BeforeValidator(_promise)]
TrackerTarget = Annotated[str, Field(min_length=1, max_length=200)]
People = Annotated[tuple[PersonId, ...], AfterValidator(_each_once)]


class Pick(StrEnum):
    """How a team's reports find their owner."""

    NONE = "none"
    FIRST = "first"
    ROTATE_WEEKLY = "rotate-weekly"
    FEWEST_OPEN = "fewest-open"


class TrackerName(StrEnum):
    """The trackers that a component's issues can go to."""

    LOCAL = "local"
    GITHUB = "github"
    LINEAR = "linear"
    JIRA = "jira"
    GITLAB = "gitlab"
    REDMINE = "redmine"


class Weekday(StrEnum):
    """A day of the week, in the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkingHours(_Part):
    """When a team works, in its own zone; `from` and `to` are times of the day."""

    tz: Zone = "UTC"
    days: tuple[Weekday, ...] = Field(default=tuple(Weekday)[:5], min_length=1)
    start: TimeOfDay = Field(default=time(9), alias="from")
    end: TimeOfDay = Field(default=time(17), alias="to")


class Team(_Part):
    """Who triages in which channel; without `people`, everybody in the channel may.

    `capacity` is how many open reports a person of the team gets at most; None is no limit.
    """

    channel: ChannelRef
    people: People = ()
    pick: Pick = Pick.NONE
    name: Name = ""
    lead: PersonId | None = None
    capacity: int | None = Field(default=None, ge=1, le=1000)
    working_hours: WorkingHours | None = None


class Component(_Part):
    """A part of the product; `owner` is the key of its team. `public_name` is what customers call it."""

    owner: Key
    name: Name = ""
    labels: tuple[Label, ...] = ()
    public_name: Name = ""
    promoted: bool = False
    paths: tuple[Glob, ...] = ()
    tracker: dict[TrackerName, TrackerTarget] = Field(default_factory=dict, max_length=1)


class Roles(_Part):
    """Who may do more than others, in every team."""

    triage: People = ()
    admin: People = ()


class Condition(_Part):
    """What a report must be like: every name that is given must fit, and of its list any one.

    `component` is `given` (the reporter or the channel chose one) or the keys of components; `path` is `owned`
    (a file named in the report belongs to a component or team) or globs.
    """

    any_word: Words = ()
    url: Globs = ()
    component: Literal["given"] | tuple[Key, ...] | None = None
    path: Literal["owned"] | tuple[Glob, ...] | None = None
    severity: Annotated[tuple[Severity, ...], BeforeValidator(_listed)] = ()
    reporter: Annotated[People, BeforeValidator(_listed)] = ()
    reporter_role: Annotated[tuple[Role, ...], BeforeValidator(_listed)] = ()
    channel: Annotated[tuple[ChannelRef, ...], BeforeValidator(_listed)] = ()


class Outcome(_Part):
    """What a route decides. `component` is a key, `as-given` or `by-path`; `severity` is a proposal."""

    component: Key | None = None
    team: Key | None = None
    owner: PersonId | None = None
    severity: Severity | None = None
    private: bool = False


class Addition(_Part):
    """What an `also` rule adds; it decides nothing. `notify` are channels that are told of the report."""

    labels: tuple[Label, ...] = ()
    found_in: FoundIn | None = None
    notify: tuple[ChannelRef, ...] = ()
    private: bool = False


class Route(_Part):
    """One rule: the first whose `when` fits decides."""

    name: Name
    when: Condition | Literal["always"]
    set: Outcome


class Also(_Part):
    """One rule that only adds; every one that fits does."""

    name: Name = ""
    when: Condition | Literal["always"]
    set: Addition


class Member(_Part):
    """What the file says of one person; `capacity` goes before the team's."""

    role: Role | None = None
    capacity: int | None = Field(default=None, ge=0, le=1000)


class ChannelDefaults(_Part):
    """What a report from a channel is taken for, unless its reporter says otherwise."""

    component: Key | None = None
    found_in: FoundIn | None = None
    labels: tuple[Label, ...] = ()


class Promises(_Part):
    """How soon a report of each severity is decided on: `1h`, `8wh` (working hours) or `none`."""

    S1: PromiseText = Promise(hours=1, working=False)
    S2: PromiseText = Promise(hours=8, working=True)
    S3: PromiseText = Promise(hours=24, working=True)
    S4: PromiseText = None


class Settings(_Part):
    """The whole file; the order of teams and components is the file's."""

    version: Literal[1]
    teams: dict[Key, Team] = Field(min_length=1)
    components: dict[Key, Component] = Field(min_length=1, max_length=MOST_COMPONENTS)
    channels: dict[ChannelRef, Key | ChannelDefaults] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    also: tuple[Also, ...] = ()
    people: dict[PersonId, Member] = Field(default_factory=dict)
    roles: Roles = Roles()
    promises: Promises = Promises()
    working_hours: WorkingHours = WorkingHours()
    days_off: tuple[Day, ...] = ()

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

    def channel_names(self) -> tuple[str, ...]:
        """List the channels given by #name, which Slack must turn into ids."""
        references = [*(team.channel for team in self.teams.values()), *self.channels]
        return tuple(dict.fromkeys(one for one in references if one.startswith("#")))

    def with_channel_ids(self, ids: Mapping[str, str]) -> "Settings":
        """Return these settings with each #name of `ids` replaced by its id; other names stay."""
        teams = {
            key: team.model_copy(update={"channel": ids.get(team.channel, team.channel)})
            for key, team in self.teams.items()
        }
        channels = {ids.get(channel, channel): component for channel, component in self.channels.items()}
        return self.model_copy(update={"teams": teams, "channels": channels})


def default_settings(channel: str) -> Settings:
    """Make the settings of a workspace without a file: one team for one component, in one channel."""
    return Settings(
        version=1,
        teams={"triage": Team(channel=channel, name="Triage")},
        components={"general": Component(owner="triage", name="General")},
    )
