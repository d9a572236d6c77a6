"""What a person chose or typed in a form, read out of Slack's nested state."""

import json
from datetime import date
from typing import Any


def metadata(view: dict[str, Any]) -> dict[str, Any]:
    """Read what we put into the form when we drew it."""
    try:
        found = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def typed(view: dict[str, Any], name: str) -> str:
    """Read a text field; empty when it was left empty."""
    return str(_element(view, name).get("value") or "")


def chosen(view: dict[str, Any], name: str) -> str:
    """Read the value chosen in a menu or among radio buttons; empty when none was."""
    option = _element(view, name).get("selected_option") or {}
    return str(option.get("value") or "")


def ticked(view: dict[str, Any], name: str) -> bool:
    """Say whether the one tick of a checkbox field is set."""
    return bool(_element(view, name).get("selected_options"))


def day(view: dict[str, Any], name: str) -> date | None:
    """Read a day; None when none was chosen."""
    picked = _element(view, name).get("selected_date")
    return date.fromisoformat(picked) if picked else None


def _element(view: dict[str, Any], name: str) -> dict[str, Any]:
    values = view.get("state", {}).get("values", {})
    element: dict[str, Any] = values.get(name, {}).get(name) or {}
    return element
