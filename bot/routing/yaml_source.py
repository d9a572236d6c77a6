"""A YAML text as plain values that remember where in the text they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]

# Far more than a settings file needs, and little enough that aliases of aliases cannot fill the memory.
MOST_VALUES = 20_000
DEEPEST = 20
_UNREADABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Place:
    """Where something stands, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Fault:
    """Something that YAML allows and we do not, or that is no YAML."""

    place: Place
    path: Path
    text: str


@dataclass
class Source:
    """The values of a text. `keys` and `values` say where each path's key and value stand."""

    content: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def place_of_value(self, path: Path) -> Place:
        """Return where the value of a path stands, or the nearest thing around it."""
        return _nearest(self.values, path)

    def place_of(self, path: Path) -> Place:
        """Return where a value stands, or its key if the value begins on a later line."""
        key, value = self.keys.get(path), self.place_of_value(path)
        return key if key is not None and key.line < value.line else value

    def place_of_key(self, path: Path) -> Place:
        """Return where the key of a path stands, or the nearest thing around it."""
        return self.keys.get(path) or self.place_of_value(path)


def parse(text: str) -> Source:
    """Read a YAML text; what is wrong with it is in `faults`, and what could be read is in `content`."""
    source = Source()
    broken = _UNREADABLE.search(text)
    if broken:
        code = f"U+{ord(broken.group()):04X}"
        source.faults.append(Fault(_place_at(text, broken.start()), (), f"holds the control character {code}"))
        return source
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        source.faults.append(_syntax_fault(error))
        return source
    except RecursionError:
        source.faults.append(Fault(Place(1, 1), (), f"is nested deeper than {DEEPEST} levels"))
        return source
    if root is None:
        source.faults.append(Fault(Place(1, 1), (), "the file is empty"))
        return source
    reader = _Reader(source)
    source.content = reader.read(root, ())
    return source


class _Reader:
    """Turns nodes into values, counting them: an alias costs what it stands for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._scalars = yaml.SafeLoader("")
        self._count = 0

    def read(self, node: yaml.Node, path: Path) -> Any:
        """Return the value of a node; faults are kept in the source."""
        self._count += 1
        if len(path) > DEEPEST:
            return self._fault(node, path[:DEEPEST], f"is nested deeper than {DEEPEST} levels")
        if self._count > MOST_VALUES:
            return self._too_many(node, path)
        self._source.values[path] = _place(node)
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return {key: self.read(value, (*path, key)) for key, value in self._pairs(node, path)}
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.read(value, (*path, index)) for index, value in enumerate(node.value)]
        return self._scalar(node, path)

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        seen: dict[str, Place] = {}
        for key_node, value_node in node.value:
            if self._count > MOST_VALUES:
                return
            key = self._key(key_node, path)
            if key is None and self._source.faults and self._source.faults[-1].place == _place(key_node):
                continue
            if not isinstance(key, str):
                self._fault(key_node, path, "expected a word before the colon; put it in quotes")
                continue
            if key in seen:
                self._fault(key_node, (*path, key), f"is here twice; first in line {seen[key].line}")
                continue
            seen[key] = self._source.keys[(*path, key)] = _place(key_node)
            yield key, value_node

    def _key(self, node: yaml.Node, path: Path) -> Any:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:merge":
            return self._fault(node, path, "cannot merge blocks by <<; expected their names written out")
        # YAML 1.1 takes on, off, yes and no for truth; as names they are themselves.
        is_word = isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:bool"
        return str(node.value) if is_word else self._scalar(node, path)

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            return self._fault(node, path, f"the tag {node.tag} is not allowed here") if path else None
        try:
            return self._scalars.construct_object(node)
        except (yaml.MarkedYAMLError, ValueError):
            return self._fault(node, path, f"cannot read {node.value[:40]!r}; put text in quotes")

    def _too_many(self, node: yaml.Node, path: Path) -> None:
        if self._count == MOST_VALUES + 1:
            self._fault(node, path[:1], f"more than {MOST_VALUES} values, counting what aliases stand for")

    def _fault(self, node: yaml.Node, path: Path, text: str) -> None:
        self._source.faults.append(Fault(_place(node), path, text))


def _nearest(places: dict[Path, Place], path: Path) -> Place:
    while path and path not in places:
        path = path[:-1]
    return places.get(path, Place(1, 1))


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _place_at(text: str, index: int) -> Place:
    return Place(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _syntax_fault(error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
    return Fault(place, (), f"this is no YAML: {error.problem or 'cannot be read'}")
