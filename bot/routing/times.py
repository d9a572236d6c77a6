"""The times of the settings file: working hours, days off, zones and promises."""

import difflib
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.routing.values import Part, wrong_at

_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d"
_PROMISE = r"([1-9]\d{0,3})(h|wh)"


class Weekday(StrEnum):
    """A day of the week, in the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True)
class Promise:
    """How soon: so many hours, of the clock or of the team's working time."""

    hours: int
    working: bool


def _only_a_date(value: object) -> object:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("expected a date like 2026-12-24")
    return value


def _time_of_day(value: object) -> object:
    # YAML reads 9:00 as the number 540.
    if not isinstance(value, str) or not re.fullmatch(_CLOCK, value):
        raise ValueError('expected a time of day in quotes, like "09:00"')
    hour, minute = value.split(":")
    return time(int(hour), int(minute))


def _zone(value: str) -> str:
    if value not in _zones().values():
        close = difflib.get_close_matches(value.lower(), _zones(), n=1)
        hint = f"; did you mean {_zones()[close[0]]}?" if close else ""
        raise ValueError(f"expected a time zone like Europe/Berlin{hint}")
    return value


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Give every zone under what people may call it: its name, or its city alone."""
    zones = sorted(available_timezones())
    return {zone.rsplit("/", 1)[-1].lower(): zone for zone in zones} | {zone.lower(): zone for zone in zones}


def _promise(value: object) -> object:
    if isinstance(value, Promise):
        return value
    match = re.fullmatch(_PROMISE, value) if isinstance(value, str) else None
    if match is None and value != "none":
        raise ValueError("expected 1h (hours of the clock), 8wh (working hours) or none")
    return Promise(int(match[1]), match[2] == "wh") if match else None


def _weekly(value: object) -> object:
    days = "|".join(Weekday)
    if not isinstance(value, str) or not re.fullmatch(rf"({days}) {_CLOCK}", value):
        raise ValueError('expected a day and a time in quotes, like "mon 08:30"')
    return value


Day = Annotated[date, BeforeValidator(_only_a_date)]
_Clock = Annotated[str, Field(pattern=f"^{_CLOCK}$")]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day, json_schema_input_type=_Clock)]
Weekly = Annotated[str, BeforeValidator(_weekly)]
Zone = Annotated[str, AfterValidator(_zone)]
_PromiseText = Annotated[str, Field(pattern=f"^({_PROMISE}|none)$")]
PromiseText = Annotated[Promise | None, BeforeValidator(_promise, json_schema_input_type=_PromiseText)]


class WorkingHours(Part):
    """When a team works, in its own zone; `from` and `to` are times of the day."""

    tz: Zone = Field(default="UTC", description="The time zone, like Europe/Berlin.")
    days: tuple[Weekday, ...] = Field(
        default=tuple(Weekday)[:5], min_length=1, description="The working days; Monday to Friday when left out."
    )
    start: TimeOfDay = Field(default=time(9), alias="from", description='Begin of the day, in quotes, like "09:00".')
    end: TimeOfDay = Field(default=time(17), alias="to", description='End of the day, in quotes, like "17:00".')

    @model_validator(mode="after")
    def _is_a_day(self) -> Self:
        if self.start >= self.end:
            at = "to" if "end" in self.model_fields_set else "from"
            raise wrong_at(f"the day must end after it begins: {self.start:%H:%M} to {self.end:%H:%M}", at)
        if len(set(self.days)) < len(self.days):
            raise wrong_at("names a day twice", "days")
        return self


class Promises(Part):
    """How soon a report of each severity is decided on: `1h`, `8wh` (working hours) or `none`."""

    S1: PromiseText = Field(default=Promise(hours=1, working=False), description="1h when left out.")
    S2: PromiseText = Field(default=Promise(hours=8, working=True), description="8wh when left out.")
    S3: PromiseText = Field(default=Promise(hours=24, working=True), description="24wh when left out.")
    S4: PromiseText = Field(default=None, description="none when left out.")
