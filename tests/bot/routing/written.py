"""Writes settings files, and remembers in which line each thing stands."""

import json
import random
import re
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
PLAIN = re.compile(r"[A-Za-z][\w/ -]*(?<! )\Z")
WORDS_OF_YAML = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}


class Raw(str):
    """Stands in the file as it is, without quotes."""

    __slots__ = ()


@dataclass
class Writer:
    """Writes a tree in block style, with comments, empty lines and both kinds of lists, as chance has it."""

    chance: random.Random
    rows: list[str] = field(default_factory=list)
    line_of: dict[Path, int] = field(default_factory=dict)

    def write(self, tree: dict[str, Any]) -> str:
        for key, value in tree.items():
            self._filler()
            self._entry((key,), value, "")
        return "\n".join(self.rows) + "\n"

    def _entry(self, path: Path, value: Any, indent: str, first: str = "") -> None:
        key = path[-1] if isinstance(path[-1], Raw) else scalar(path[-1])
        head = f"{first or indent}{key}:"
        self.line_of[path] = len(self.rows) + 1
        if isinstance(value, dict) and value and not self._is_short(value):
            self.rows.append(head)
            self._block(path, value, f"{indent}  ")
        elif isinstance(value, list) and value and (isinstance(value[0], dict) or self.chance.random() < 0.2):
            self.rows.append(head)
            self._items(path, value, f"{indent}  ")
        else:
            self.rows.append(f"{head} {flow(value)}{self._comment()}".rstrip())
            self._note_inside(path, value)

    def _block(self, path: Path, value: dict[str, Any], indent: str) -> None:
        for key, inner in value.items():
            self._entry((*path, key), inner, indent)

    def _items(self, path: Path, value: list[Any], indent: str) -> None:
        for number, item in enumerate(value):
            self.line_of[(*path, number)] = len(self.rows) + 1
            if isinstance(item, dict) and item:
                for at, (key, inner) in enumerate(item.items()):
                    self._entry((*path, number, key), inner, f"{indent}  ", f"{indent}- " if at == 0 else "")
            else:
                self.rows.append(f"{indent}- {flow(item)}")

    def _note_inside(self, path: Path, value: Any) -> None:
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in inside:
            self.line_of[(*path, key)] = len(self.rows)
            self._note_inside((*path, key), inner)

    def _is_short(self, value: dict[str, Any]) -> bool:
        is_flat = not any(isinstance(inner, dict | list) for inner in value.values())
        return is_flat and self.chance.random() < 0.3

    def _filler(self) -> None:
        self.rows += self.chance.choice([[], [], [""], ["# größer, 支付: [not a value"]])

    def _comment(self) -> str:
        return self.chance.choice(["", "", "  # a: {comment}"])


def flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str) and PLAIN.match(value) and value.lower() not in WORDS_OF_YAML:
        return value
    return json.dumps(value, ensure_ascii=False)
