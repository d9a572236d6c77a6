"""The team's settings: teams, components, channels and roles, as the settings file has them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

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


Key = Annotated[str, Field(pattern=KEY_PATTERN)]
PersonId = Annotated[str, Field(pattern=PERSON_PATTERN)]
ChannelRef = Annotated[str, Field(pattern=CHANNEL_PATTERN)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Label = Annotated[str, Field(min_length=1, max_length=50)]
Day = Annotated[date, BeforeValidator(_only_a_date)]
People = Annotated[tuple[PersonId, ...], AfterValidator(_each_once)]


class Pick(StrEnum):
    """How a team's reports find their owner."""

    NONE = "none"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Team(_Part):
    """Who triages in which channel; without `people`, everybody in the channel may."""

    channel: ChannelRef
    people: People = ()
    pick: Pick = Pick.NONE
    name: Name = ""
    lead: PersonId | None = None


class Component(_Part):
    """A part of the product; `owner` is the key of its team. `public_name` is what customers call it."""

    owner: Key
    name: Name = ""
    labels: tuple[Label, ...] = ()
    public_name: Name = ""
    promoted: bool = False


class Roles(_Part):
    """Who may do more than others, in every team."""

    triage: People = ()
    admin: People = ()


class Settings(_Part):
    """The whole file; the order of teams and components is the file's."""

    version: Literal[1]
    teams: dict[Key, Team] = Field(min_length=1)
    components: dict[Key, Component] = Field(min_length=1, max_length=MOST_COMPONENTS)
    channels: dict[ChannelRef, Key] = Field(default_factory=dict)
    roles: Roles = Roles()
    days_off: tuple[Day, ...] = ()

    def team_of(self, component_key: str) -> str | None:
        """Return the key of the team that owns a component."""
        component = self.components.get(component_key)
        return component.owner if component else None

    def component_for_channel(self, channel_id: str) -> str | None:
        """Return the component that a report from a channel is likely about.

        That is the one `channels` names, or else the only one of the team whose channel this is.
        """
        if channel_id in self.channels:
            return self.channels[channel_id]
        owners = {key for key, team in self.teams.items() if team.channel == channel_id}
        owned = [key for key, component in self.components.items() if component.owner in owners]
        return owned[0] if len(owned) == 1 else None

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
