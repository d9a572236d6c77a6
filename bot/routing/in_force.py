"""The settings that count now: a reload puts others in their place, while everything keeps running."""

from dataclasses import dataclass

from bot.routing.settings import Settings


@dataclass
class InForce:
    """The one place where the settings are replaced; each set of them never changes.

    `text` is the text of their file and `file` its name, both empty where there is none.
    """

    settings: Settings
    text: str = ""
    file: str = ""

    def replace(self, settings: Settings, text: str) -> None:
        """Put other settings in force, for everything that is asked from now on."""
        self.settings, self.text = settings, text
