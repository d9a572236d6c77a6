"""The settings that count now: a reload puts others in their place, while everything keeps running."""

from dataclasses import dataclass

from bot.routing.settings import Settings


@dataclass
class InForce:
    """The one place where the settings are replaced; each set of them never changes."""

    settings: Settings
