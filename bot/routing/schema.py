"""The JSON Schema of the settings file, for editors; what needs the whole file, `liaison check` finds."""

import json
from typing import Any

from bot.routing.settings import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def settings_schema() -> dict[str, Any]:
    """Make the schema of a settings file."""
    made = Settings.model_json_schema(by_alias=True)
    return {"$schema": DIALECT, "title": "Settings of Liaison", **_plain(made)}


def render_schema() -> str:
    """Write the schema as text."""
    return json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """Leave out what only says how the code is made: titles of fields, and that a name may be left out."""
    if isinstance(value, list):
        return [_plain(one) for one in value if one != {"type": "null"}]
    if not isinstance(value, dict):
        return value
    # A name of the file may be called title too: then a block describes it, and no text.
    kept = {key: _plain(one) for key, one in value.items() if not _is_about_code(key, one)}
    (only,) = kept["anyOf"] if len(kept.get("anyOf", ())) == 1 else ({},)
    if only:
        del kept["anyOf"]
    return {**only, **kept}


def _is_about_code(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value in (None, "", [], {}))
