"""JSON to and from other people's servers, without what crashes later: half characters and endless depth."""

import json
from typing import Any, NoReturn


def whole(text: str) -> str:
    """Replace each half of a character (a lone surrogate) with U+FFFD, and join halves that belong together.

    JSON may hold a half ("\\ud800"), but neither the database nor a request can be made of it.
    """
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_json(body: bytes) -> Any:
    """Read a JSON text in which every string is whole.

    Raises:
        ValueError: it is no JSON, or none that can be handled.
    """
    try:
        value = json.loads(body, parse_constant=_refuse)
        # A half can only come from an escape; most bodies have none and need no second walk.
        return _cleaned(value) if b"\\ud" in body.lower() else value
    except RecursionError:
        raise ValueError("nested too deeply") from None


def write_json(value: Any) -> bytes:
    """Write a value as JSON in UTF-8.

    Raises:
        ValueError: a number in it has no JSON form.
    """
    return whole(json.dumps(value, ensure_ascii=False, allow_nan=False)).encode()


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    if isinstance(value, dict):
        return {whole(name): _cleaned(one) for name, one in value.items()}
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
