"""Audiences and figures, as the settings file names them; this version checks figures, and uses none yet."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.routing.problems import hint, listed
from bot.routing.section_names import SECTION_NAMES
from bot.routing.times import TimeOfDay, Weekly, Zone
from bot.routing.values import ChannelRef, Key, Name, Number, Part, People, PersonId


def _known_section(value: str) -> str:
    if value not in SECTION_NAMES:
        raise ValueError(f"is no section; {hint(value, SECTION_NAMES) or f'there are {listed(SECTION_NAMES)}'}")
    return value


Every = Annotated[str, Field(pattern=r"^([1-9]\d{0,3}[mh]|day|week)$")]
Figure = Annotated[float, Field(allow_inf_nan=False, strict=True)]
SectionName = Annotated[str, AfterValidator(_known_section)]
# https://developers.figma.com/docs/rest-api/file-endpoints
FileKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{10,128}$")]
Query = Annotated[str, Field(min_length=1, max_length=10_000)]


class Audience(Part):
    """People in a channel who read a digest, and when."""

    channel: ChannelRef = Field(description="Where the digest is posted.")
    tz: Zone | None = Field(default=None, description="The zone of its times; that of `working_hours` when left out.")
    daily: TimeOfDay | None = Field(default=None, description='A time of day in quotes, like "08:30".')
    weekly: Weekly | None = Field(default=None, description='A day and a time in quotes, like "mon 08:30".')
    on: Literal["release"] | None = Field(default=None, description="After each release.")
    empty: Literal["skip", "heartbeat"] | None = Field(
        default=None, description="What is posted in a week without news: nothing, or one line."
    )
    sections: tuple[SectionName, ...] = Field(
        default=(), description="What it is made of; left out, what its name stands for."
    )
    owner: PersonId | None = Field(
        default=None, description="Who is told when it cannot be posted; the administrators when left out."
    )
    health_from: PersonId | None = Field(default=None, description="Who is asked for a sentence before it is posted.")
    kpis: tuple[Key, ...] = Field(default=(), max_length=6, description="The figures it shows.")

    @model_validator(mode="after")
    def _has_a_time(self) -> Self:
        if self.daily is None and self.weekly is None and self.on is None:
            raise ValueError("needs daily, weekly or on")
        return self


class Figma(Part):
    """The Figma files that digests tell of, and whose answer counts there."""

    files: dict[FileKey, Key | None] = Field(
        min_length=1, description="What stands behind /design/ in a file's address, and the component it is about."
    )
    designers: People = Field(default=(), description="Whose answers count, besides those whose role is designer.")


class Kpi(Part):
    """A figure that is read now and then, and watched."""

    name: Name = Field(min_length=1, description="What people call it.")
    unit: Name = Field(default="", description='Stands behind the figure, like "%".')
    good: Literal["up", "down"] = Field(description="Which way is better.")
    every: Every = Field(description="How often it is read: 15m, 2h, day or week.")
    source: dict[Literal["prometheus", "posthog", "json"], Query] = Field(
        min_length=1, max_length=1, description="Where it is read, and the question."
    )
    target: Figure | None = Field(default=None, description="What it should reach.")
    warn: Figure | None = Field(default=None, description="From here on it is bad.")
    after: Annotated[Number, Field(ge=1, le=100)] = Field(default=1, description="After so many bad readings.")
    owner: Key | None = Field(default=None, description="The team that is told.")
