"""What a person does in the local Slack server's page, in a real browser (Playwright, Debian's chromium)."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, async_playwright, expect

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT_MS = 10_000


@dataclass(frozen=True)
class Browser:
    """One tab with the workspace's page."""

    page: Page

    async def act_as(self, name: str) -> None:
        """Become another person, by full name."""
        await self.page.locator(".actas select").last.select_option(label=name)

    async def open_channel(self, name: str) -> None:
        """Show a channel or a conversation of the sidebar."""
        await self.page.locator(".sidebar-item", has_text=name).first.click()
        await expect(self.page.locator(".main .composer-input")).to_be_visible()

    async def open_home(self, bot: str = "liaison") -> Locator:
        """Show the bot's Home tab and return it once it holds something."""
        await self.page.locator(".sidebar-item", has_text=bot).first.click()
        home = self.page.locator(".home")
        await expect(home.locator(".blocks")).to_be_visible()
        return home

    async def type(self, text: str) -> None:
        """Write a message, or a slash command, into the open channel."""
        composer = self.page.locator(".main .composer-input")
        await composer.fill(text)
        # The name of a command is offered as one types; the first Enter must send, not choose.
        await composer.press("Escape")
        await composer.press("Enter")

    def message(self, text: str | re.Pattern[str]) -> Locator:
        """Return the newest message in the channel that holds this text."""
        return self.page.locator(".main .msg", has_text=text).last

    async def press(self, place: Locator, label: str) -> None:
        """Press a button in a message, or on a Home tab."""
        await place.locator(".bk-button", has_text=label).first.click()

    async def pick(self, place: Locator, label: str) -> None:
        """Choose an option of a menu or an overflow menu in a message, or on a Home tab."""
        menus = place.locator("select.bk-select", has=self.page.locator("option", has_text=label))
        await menus.first.select_option(label=label)

    async def modal(self, title: str) -> Locator:
        """Return the open modal once it has this title."""
        modal = self.page.locator(".modal")
        await expect(modal.locator(".modal-title")).to_have_text(title)
        return modal

    async def fill(self, modal: Locator, values: Mapping[str, str]) -> None:
        """Fill the form: text, date, or the text of an option, by label."""
        for label, value in values.items():
            field = modal.locator(".bk-input", has=self.page.get_by_text(label, exact=True))
            select, typed = field.locator("select"), field.locator(".bk-plain-input")
            if await select.count():
                await select.select_option(label=value)
            elif await typed.count():
                await typed.fill(value)
            else:
                await field.get_by_label(value).check()

    async def submit(self, modal: Locator) -> None:
        """Press the form's main button."""
        await modal.locator(".modal-btn.primary").click()

    async def close(self, modal: Locator) -> None:
        """Close the modal without sending anything."""
        await modal.get_by_role("button", name="Close").last.click()
        await expect(modal).to_have_count(0)

    async def open_thread(self, message: Locator) -> Locator:
        """Open the replies to a message and return them."""
        await message.locator(".thread-summary").click()
        return self.page.locator(".thread-pane")

    async def react(self, message: Locator, name: str) -> None:
        """Put an emoji on a message, by its name."""
        await message.hover()
        await message.get_by_title("Add reaction").click()
        await self.page.locator(".emoji-custom-input").fill(name)
        await self.page.locator(".emoji-custom-input").press("Enter")

    async def screenshot(self, path: Path) -> None:
        """Save what is on the screen."""
        await self.page.screenshot(path=path)


@asynccontextmanager
async def open_browser(url: str) -> AsyncIterator[Browser]:
    """Yield a browser that shows the workspace and is connected."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = await chromium.new_page(viewport={"width": 1280, "height": 860})
        page.set_default_timeout(TIMEOUT_MS)
        await page.goto(url)
        await expect(page.locator(".status.ok", has_text="ui live")).to_be_visible()
        try:
            yield Browser(page)
        finally:
            await chromium.close()
