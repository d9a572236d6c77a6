"""What pydantic says of a value, in words for who wrote the file: what is expected there, and what was meant."""

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from bot.routing.problems import Problem, hint, listed, problem_at
from bot.routing.settings import CHANNEL_PATTERN, KEY_PATTERN, PERSON_PATTERN, Settings
from bot.routing.values import BLOCK, LIST, WORD
from bot.routing.yaml_source import Path, Source

_IN_KEY = "[key]"
_PATTERNS = {
    KEY_PATTERN: "expected a short name of letters, digits, - and _",
    PERSON_PATTERN: 'expected a member id like U0123ABCD (profile > More > Copy member ID), or "@name" in quotes',
    CHANNEL_PATTERN: 'expected a channel id like C0123ABCD, or "#name" in quotes',
}
_A_BLOCK = "expected an indented block of names and values"
_EXPECTED = {
    "missing": "is missing",
    "too_short": "needs at least one entry",
    "string_too_short": "must not be empty; expected text",
    "string_type": "expected text; put it in quotes",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "finite_number": "expected a number",
    "tuple_type": "expected a list, like [a, b]",
    "dict_type": _A_BLOCK,
    "model_type": _A_BLOCK,
    "model_attributes_type": _A_BLOCK,
}
_ONLY_ALSO = "unknown name; expected it in a rule under also: those of routes decide, and add nothing"
_ELSEWHERE: dict[tuple[str, ...], str] = {
    ("codeowners", "repo"): "cannot be read from a repository yet; expected file, seen from the settings file",
    **{("routes", "set", name): _ONLY_ALSO for name in ("labels", "found_in", "notify")},
}
_WHEN = "expected always, or what a report must be like: {any_word: [crash]}"


def problem_of(source: Source, error: Mapping[str, Any]) -> Problem | None:
    """Make a problem of an error of pydantic; None where another error says the same better."""
    path, is_key = _path(source.content, error)
    if error["input"] is None:
        # That there is no value has been told, wherever it is.
        return None
    if error["type"] == "too_short" and error["input"]:
        # It counts only the entries that are right: those that are wrong have been told.
        return None
    if error["type"] == "extra_forbidden":
        return problem_at(source.place_of_key(path), path, _unknown_key(path))
    if error["type"] == "missing":
        return problem_at(source.place_of_key(path[:-1]), path, _EXPECTED["missing"])
    is_whole = is_key or error["type"] == "too_long"
    place = source.place_of_key(path) if is_whole else source.place_of(path)
    return problem_at(place, path, _expectation(error, path))


def _path(content: Any, error: Mapping[str, Any]) -> tuple[Path, bool]:
    """Give the path of an error as the file has it, and whether the key at its end is wrong."""
    at = error.get("ctx", {}).get("at", ())
    path = tuple(part for part in (*error["loc"], *at) if part not in {WORD, LIST, BLOCK})
    is_key = path[-1:] == (_IN_KEY,)
    found: list[str | int] = []
    for part in path[:-1] if is_key else path:
        if isinstance(part, int) and not isinstance(content, list):
            break  # The only entry of a list, without brackets.
        found.append(part)
        content = (
            content[part] if isinstance(content, list) or (isinstance(content, dict) and part in content) else None
        )
    return tuple(found), is_key


def _expectation(error: Mapping[str, Any], path: Path) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if path[-1:] == ("when",) and kind in {"literal_error", "model_type"}:
        return _WHEN
    if kind in {"literal_error", "enum"}:
        return _one_of(context["expected"].replace("'", ""), error["input"])
    said: dict[str, Callable[[], str]] = {
        "string_pattern_mismatch": lambda: _PATTERNS.get(context["pattern"], "expected 15m, 2h, day or week"),
        "too_long": lambda: f"has more than {context['max_length']} entries",
        "string_too_long": lambda: f"has more than {context['max_length']} characters",
        "greater_than_equal": lambda: f"expected at least {context['ge']}",
        "less_than_equal": lambda: f"expected at most {context['le']}",
        "value_error": lambda: str(context["error"]),
    }
    return said[kind]() if kind in said else _EXPECTED.get(kind, str(error["msg"]))


def _one_of(expected: str, given: object) -> str:
    known = [one.strip() for one in expected.replace(" or ", ",").split(",")]
    meant = hint(given, known) if isinstance(given, str) and len(known) > 1 else ""
    return f"expected {expected}; {meant}" if meant else f"expected {expected}"


def _unknown_key(path: Path) -> str:
    known = _ELSEWHERE.get(tuple(part for part in path if isinstance(part, str)))
    if known is not None:
        return known
    name, model = str(path[-1]), _block_at(path[:-1])
    fields = _fields(model)
    inner = [key for key, annotation in fields.items() if name in _fields(_model_in(annotation))]
    if inner:
        return f"unknown name; it belongs under {inner[0]}"
    return f"unknown name; {hint(name, fields) or f'known here: {listed(fields)}'}"


def _block_at(path: Path) -> type[BaseModel] | None:
    """Give the model of the block at a path of the file."""
    annotation: Any = Settings
    for part in path:
        annotation = next((inner for one in _arms(annotation) if (inner := _inside(one, part)) is not None), None)
    return _model_in(annotation)


def _inside(annotation: Any, part: str | int) -> Any:
    """Give what stands behind a name of a block or an entry of a list; None if it is neither."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _fields(annotation).get(str(part))
    inner = get_args(annotation)
    if get_origin(annotation) is dict:
        return inner[1]
    return inner[0] if get_origin(annotation) is tuple and isinstance(part, int) else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    models = (one for one in _arms(annotation) if isinstance(one, type) and issubclass(one, BaseModel))
    return next(models, None)


def _arms(annotation: Any) -> Iterator[Any]:
    """Give each kind that a value may be of."""
    if get_origin(annotation) is Annotated:
        yield from _arms(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, UnionType}:
        for one in get_args(annotation):
            yield from _arms(one)
    else:
        yield annotation


def _fields(model: type[BaseModel] | None) -> dict[str, Any]:
    """Give the names that a block may hold, as the file writes them, and what stands behind each."""
    if model is None:
        return {}
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}
