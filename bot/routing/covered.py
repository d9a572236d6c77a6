"""Rules that never decide, because whatever fits them fits a rule above."""

from collections.abc import Iterator

from bot.routing import matching
from bot.routing.rule_schema import ALWAYS, GIVEN, Condition, Route
from bot.routing.settings import Settings


def covered_routes(settings: Settings) -> Iterator[tuple[int, int]]:
    """Give the number of each such rule, and that of the first above that takes all it would get."""
    for number, rule in enumerate(settings.routes, start=1):
        above = enumerate(settings.routes[: number - 1], start=1)
        taking = next((earlier for earlier, other in above if _takes_all(other, rule)), None)
        if taking is not None:
            yield number, taking


def _takes_all(above: Route, rule: Route) -> bool:
    if not isinstance(above.when, Condition) or not isinstance(rule.when, Condition):
        return above.when == ALWAYS
    return all(_is_as_wide(name, above.when, rule.when) for name in Condition.model_fields)


def _is_as_wide(name: str, above: Condition, rule: Condition) -> bool:
    """Say whether what a name asks for above lets all pass that it lets pass below."""
    wide, narrow = getattr(above, name), getattr(rule, name)
    if not wide:
        return True
    if not narrow or isinstance(wide, str) or isinstance(narrow, str):
        return bool(narrow) and wide in (narrow, GIVEN)
    return all(any(_is_in(name, one, other) for other in wide) for one in narrow)


def _is_in(name: str, narrow: str, wide: str) -> bool:
    # Whoever writes "apple pay card" has written "card" too.
    return narrow == wide or (name == "any_word" and matching.find_word((wide,), narrow) is not None)
