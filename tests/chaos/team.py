"""People who report and decide while the bot is killed under their hands, and what they are owed in the end."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

from tests.scenarios.harness import Workspace

CHANNEL = "checkout-bugs"


@dataclass
class Team:
    """Eve reports and Bo decides. What they did successfully, by title, is what must be there at the end."""

    people: Workspace
    chance: random.Random
    tickets: dict[str, str] = field(default_factory=dict)
    forms: list[str] = field(default_factory=list)

    async def live(self) -> None:
        """Report by 🎫 and by form and decide, side by side."""
        await asyncio.gather(self.ticket(), self.form(), self.accept())

    async def ticket(self) -> None:
        """Report a message with 🎫; Slack sends it until it is acknowledged."""
        await self._dawdle()
        title = self._title()
        ts = await self.people.message("eve", "qa", title)
        self.tickets[title] = ts
        await self.people.react("eve", "qa", ts, "ticket")

    async def form(self) -> None:
        """Report by the form; whoever sees an error presses again, for as long as it takes."""
        await self._dawdle()
        title = self._title()
        self.forms.append(title)
        while not await self.people.modals():
            await self.people.command("eve", "/bug", title, "qa")
            await asyncio.sleep(0.5)
        while True:
            submission = await self.people.submit_view("eve", {"severity": "S3"})
            if not submission.modals and not submission.errors:
                return
            await asyncio.sleep(0.5)

    async def accept(self) -> None:
        """Accept some report that can be accepted by one press; presses that come to nothing are repeated some day."""
        await self._dawdle()
        cards = [card for card in await self.people.messages(CHANNEL) if _title_of(card) in self.forms]
        if cards:
            card = self.chance.choice(cards)
            offered = "report.accept" in str(card["blocks"])
            await self.people.click("bo", CHANNEL, card["ts"], "report.accept") if offered else None

    async def unanswered(self) -> list[str]:
        """List the reports whose reporter was never told: no ✅ on the message, no words about the form."""
        ticked = [one["ts"] for one in await self.people.messages("qa") if "white_check_mark" in str(one)]
        missing = [title for title, ts in self.tickets.items() if ts not in ticked]
        told = str(await self.people.ephemerals("eve"))
        return missing + [title for title in self.forms if title not in told]

    async def cards(self) -> Counter[str]:
        """Count the cards of each report, by title."""
        found = [one for one in await self.people.messages(CHANNEL) if _marker(one).startswith("liaison:card:")]
        return Counter(_title_of(card) for card in found)

    async def notes(self) -> Counter[str]:
        """Count what was said of each decision: in the card's thread, and to the reporter."""
        threads = await self.people.raw_messages(CHANNEL)
        direct = await self.people.direct_messages("eve")
        markers = [_marker(one) for one in (*threads, *direct)]
        return Counter(marker for marker in markers if marker.startswith(("liaison:note:", "liaison:tell:")))

    def _title(self) -> str:
        """Invent a title that shares no word with any other, so that none looks like a duplicate."""
        return " ".join("".join(self.chance.choices(ascii_lowercase, k=9)) for _ in range(3)).capitalize()

    async def _dawdle(self) -> None:
        await asyncio.sleep(self.chance.uniform(0, 0.5))


def _title_of(card: dict[str, Any]) -> str:
    return str(card["text"].split(" · ")[1])


def _marker(message: dict[str, Any]) -> str:
    blocks = message.get("blocks") or [{}]
    return str(blocks[0].get("block_id", ""))
