"""The single values of the settings file: keys, names, people, channels, words and globs."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from bot.routing import globs

LONGEST_NAME = 75  # What an option of a menu of a Slack form shows.
KEY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
PERSON_PATTERN = r"^([UW][A-Z0-9]+|@[^\s@]([^@\n\r]{0,78}[^\s@])?)$"
CHANNEL_PATTERN = r"^(C[A-Z0-9]+|G[A-Z0-9]+|#[\w-]{1,80})$"
# What pydantic puts into the path of an error for one way of several to write a value; no name begins so.
WORD, BLOCK, LIST = "<word>", "<block>", "<list>"
T = TypeVar("T")


class Part(BaseModel):
    """A block of the settings file; it never changes, and knows each of its names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def wrong_at(text: str, *path: str) -> PydanticCustomError:
    """Make the error of a block that stands at one of its names, rather than where the block begins."""
    # pydantic would put context into the text.
    return PydanticCustomError("at", "{said}", {"said": text, "at": path})


def listed(value: object) -> object:
    """Let one entry stand without the brackets of a list."""
    return [value] if isinstance(value, str) else value


def word_or_block(value: object) -> str:
    """Say which of two ways to write a value is meant: a word, or names and values."""
    return WORD if isinstance(value, str) else BLOCK


def word_or_list(word: str) -> Callable[[Any], str]:
    """Make the function that tells one word from entries of a list."""
    return lambda value: WORD if value == word else LIST


def _each_once(values: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def _one_line(value: str) -> str:
    if not value.isprintable() or value != value.strip():
        raise ValueError("expected one line, without spaces around it")
    return value


def _glob(value: str) -> str:
    try:
        globs.check_glob(value)
    except globs.GlobError as wrong:
        raise ValueError(str(wrong)) from wrong
    return value


Key = Annotated[str, Field(pattern=KEY_PATTERN)]
PersonId = Annotated[str, Field(pattern=PERSON_PATTERN)]
ChannelRef = Annotated[str, Field(pattern=CHANNEL_PATTERN)]
Line = AfterValidator(_one_line)
Name = Annotated[str, Field(max_length=LONGEST_NAME), Line]
Label = Annotated[str, Field(min_length=1, max_length=50), Line]
Glob = Annotated[str, Field(min_length=1, max_length=500), Line, AfterValidator(_glob)]
Word = Annotated[str, Field(min_length=1, max_length=200), Line]
Target = Annotated[str, Field(min_length=1, max_length=200), Line]
Flag = Annotated[bool, Field(strict=True)]
Number = Annotated[int, Field(strict=True)]


def list_of(one: Any) -> BeforeValidator:
    """Let the only entry of a list stand without brackets; `one` is the type of an entry."""
    many = Annotated[tuple[one, ...], Field(min_length=1)]
    return BeforeValidator(listed, json_schema_input_type=one | many)


Globs = Annotated[tuple[Glob, ...], Field(min_length=1), list_of(Glob)]
Words = Annotated[tuple[Word, ...], Field(min_length=1), list_of(Word)]
Keys = Annotated[tuple[Key, ...], Field(min_length=1), list_of(Key)]
AnyPerson = Annotated[tuple[PersonId, ...], Field(min_length=1), list_of(PersonId)]
AnyChannel = Annotated[tuple[ChannelRef, ...], Field(min_length=1), list_of(ChannelRef)]
People = Annotated[tuple[PersonId, ...], AfterValidator(_each_once)]
Labels = Annotated[tuple[Label, ...], AfterValidator(_each_once)]
