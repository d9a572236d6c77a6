"""The rules of the settings file: `routes`, of which the first that fits decides, and `also`, which only add."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from bot.routing.values import (
    BLOCK,
    LIST,
    WORD,
    AnyChannel,
    AnyPerson,
    ChannelRef,
    Flag,
    Globs,
    Key,
    Keys,
    Labels,
    Name,
    Part,
    PersonId,
    Words,
    list_of,
    word_or_block,
    word_or_list,
)
from storage.models import FoundIn, Role, Severity

ALWAYS = "always"
GIVEN = "given"
OWNED = "owned"
AS_GIVEN = "as-given"
BY_PATH = "by-path"

AnySeverity = Annotated[tuple[Severity, ...], Field(min_length=1), list_of(Severity)]
AnyRole = Annotated[tuple[Role, ...], Field(min_length=1), list_of(Role)]
# Which of two kinds a value is, is told by looking at it: so a mistake is told once, and not once for each kind.
Chosen = Annotated[
    Annotated[Literal["given"], Tag(WORD)] | Annotated[Keys, Tag(LIST)], Discriminator(word_or_list(GIVEN))
]
Files = Annotated[
    Annotated[Literal["owned"], Tag(WORD)] | Annotated[Globs, Tag(LIST)], Discriminator(word_or_list(OWNED))
]


class _Saying(Part):
    """A block that must say something."""

    _instead: ClassVar[str] = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        fields = type(self).model_fields
        if all(getattr(self, name) == field.default for name, field in fields.items()):
            raise ValueError(f"says nothing; expected one of {', '.join(fields)}{self._instead}")
        return self


class Condition(_Saying):
    """What a report must be like: every name that is given must fit, and of its list any one."""

    any_word: Words = Field(default=(), description="Whole words or phrases in the title or text.")
    url: Globs = Field(default=(), description="Globs for the address of the page: *, **, (a|b).")
    component: Chosen | None = Field(
        default=None, description="given: the reporter or the channel chose one; or the components, one of them chosen."
    )
    path: Files | None = Field(
        default=None, description="owned: a file named in the report belongs to somebody; or globs for such files."
    )
    severity: AnySeverity = Field(default=(), description="How bad its reporter says it is; in also, proposals count.")
    reporter: AnyPerson = Field(default=(), description="Who reported it.")
    reporter_role: AnyRole = Field(default=(), description="What who reported it does.")
    channel: AnyChannel = Field(default=(), description="The channel it was reported in.")


When = Annotated[
    Annotated[Literal["always"], Tag(WORD)] | Annotated[Condition, Tag(BLOCK)],
    Discriminator(word_or_block),
]


class Outcome(_Saying):
    """What a route decides. `component` is a key, `as-given` or `by-path`; `severity` is a proposal."""

    component: Key | None = Field(
        default=None, description="A component, which brings its team and labels; as-given; or by-path."
    )
    team: Key | None = Field(default=None, description="A team; left out where a component is given.")
    owner: PersonId | None = Field(default=None, description="Who gets it, whoever's turn it is.")
    severity: Severity | None = Field(default=None, description="A proposal; a person decides.")
    private: Flag = Field(default=False, description="Only the team and the reporter see it; nobody else is told.")


class Addition(_Saying):
    """What an `also` rule adds; it decides nothing. `notify` are channels that are told of the report."""

    labels: Labels = Field(default=(), description="Labels for its issue.")
    found_in: FoundIn | None = Field(default=None, description="Where the product ran.")
    notify: tuple[ChannelRef, ...] = Field(default=(), description="Channels that are told; none of a private report.")
    private: Flag = Field(default=False, description="Only the team and the reporter see it; nobody else is told.")


class Route(Part):
    """One rule: the first whose `when` fits decides."""

    name: Name = Field(min_length=1, description="What cards, /liaison why and counters call the rule.")
    when: When = Field(description="always, or what a report must be like.")
    set: Outcome = Field(description="Where such a report goes.")


class Also(Part):
    """One rule that only adds; every one that fits does."""

    name: Name = Field(default="", description="What /liaison why calls the rule.")
    when: When = Field(description="always, or what a report must be like.")
    set: Addition = Field(description="What is added to such a report.")
