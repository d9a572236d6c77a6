"""What a newcomer does in the first minutes, in a real browser, on what `liaison demo` starts.

With --pictures the screens are kept as docs/pictures, so that the documentation shows what there is.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, ViewportSize, expect

from bot.demo.past_bugs import past_bugs
from bot.demo.stories import STORIES
from tests.e2e.browser import Browser, open_browser
from tests.rigs.ports import free_port

pytestmark = pytest.mark.e2e
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
READY = "Liaison runs at"
TITLE = "What is wrong, in one line?"
# A whole digest on one picture.
TALL: ViewportSize = {"width": 1280, "height": 1600}
# The first one filed by hand comes after those of the example team.
KEY = f"BUG-{len(past_bugs()) + len(STORIES) + 1}"
DIGESTS = (
    ("qa", "QA · ", "Verify now"),
    ("design", "Design · ", "Hand-offs"),
    ("marketing", "Marketing · ", "Shipped, waiting for your word"),
    ("engineering", "Engineering · ", "Needs a decision"),
    ("leads", "Leadership · ", "Delivery and quality"),
)


async def test_report_goes_from_a_command_to_a_decision(tmp_path: Path, keep_pictures: bool) -> None:
    async with _demo(tmp_path) as url, open_browser(url) as browser:
        await _journey_9(browser, tmp_path, keep_pictures)
        await _journey_1(browser, tmp_path, keep_pictures)
        await _journey_3(browser)
        await _journey_4(browser, tmp_path, keep_pictures)
        await _journey_5(browser, tmp_path, keep_pictures)

        home = await browser.open_home()
        await expect(home).to_contain_text("Needs me")
        await expect(home).to_contain_text("Basket is empty after reload")
        await _picture(browser, tmp_path, "home", keep_pictures)


async def test_second_run_continues_and_a_fresh_one_starts_anew(tmp_path: Path) -> None:
    async with _demo(tmp_path) as url, open_browser(url) as browser:
        await browser.act_as("Eve Okafor")
        await browser.open_channel("qa")
        await _report(browser, "Basket is empty after reload")
        await browser.open_channel("checkout-bugs")
        await expect(browser.message("Basket is empty after reload")).to_be_visible(timeout=30_000)

    async with _demo(tmp_path) as url, open_browser(url) as browser:
        await browser.open_channel("checkout-bugs")
        await expect(browser.message("Basket is empty after reload")).to_be_visible(timeout=30_000)

    async with _demo(tmp_path, "--fresh") as url, open_browser(url) as browser:
        await browser.open_channel("checkout-bugs")
        await expect(browser.message("Checkout button does nothing on an iPhone")).to_be_visible(timeout=30_000)
        await expect(browser.message("Basket is empty after reload")).to_have_count(0)


async def _journey_9(browser: Browser, kept: Path, keep_pictures: bool) -> None:
    usual = browser.page.viewport_size
    await browser.page.set_viewport_size(TALL)
    for channel, title, words in DIGESTS:
        await browser.open_channel(channel)
        digest = browser.message(title).last
        await expect(digest).to_contain_text(words, timeout=30_000)
        await _picture(browser, kept, f"digest-{channel}", keep_pictures, of=digest)
    assert usual is not None
    await browser.page.set_viewport_size(usual)


async def _journey_1(browser: Browser, kept: Path, keep_pictures: bool) -> None:
    await browser.act_as("Eve Okafor")
    await browser.open_channel("qa")
    await browser.type("/bug Basket is empty after reload")
    form = await browser.modal("Report a bug")
    await browser.fill(
        form,
        {
            "What happened?": "I put in two lamps, reloaded the page, and the basket was empty.",
            "What did you expect?": "Two lamps.",
        },
    )
    await _picture(browser, kept, "form", keep_pictures)
    await browser.submit(form)
    await expect(browser.message("is filed: Basket is empty after reload")).to_be_visible(timeout=30_000)


async def _journey_3(browser: Browser) -> None:
    await browser.act_as("Dev Patel")
    await browser.type("/bug Basket is empty after a reload")
    form = await browser.modal("Report a bug")
    await browser.submit(form)
    known = await browser.modal("Is it known already?")
    await expect(known).to_contain_text("Basket is empty after reload")
    await browser.submit(known)
    await expect(browser.page.locator(".modal")).to_have_count(0)


async def _journey_4(browser: Browser, kept: Path, keep_pictures: bool) -> None:
    await browser.act_as("Bo Nilsson")
    await browser.open_channel("checkout-bugs")
    card = browser.message("Basket is empty after reload")
    await expect(card).to_contain_text("2 people met it", timeout=30_000)
    await _picture(browser, kept, "card-before", keep_pictures, of=card)
    await browser.press(card, "Accept")
    form = await browser.modal(f"Accept {KEY}")
    await form.get_by_label("S2").check()
    await browser.submit(form)
    await expect(card).to_contain_text(f"Bo Nilsson accepted {KEY} as S2 · Checkout")
    await browser.press(card, "I'll take this")
    await expect(card).to_contain_text("Owner: Bo Nilsson")
    await expect(card.locator(".thread-summary")).to_contain_text("2")
    await _picture(browser, kept, "card-after", keep_pictures, of=card)


async def _journey_5(browser: Browser, kept: Path, keep_pictures: bool) -> None:
    await browser.pick(browser.message("Basket is empty after reload"), "Wrong team…")
    form = await browser.modal(f"Wrong team {KEY}")
    await browser.fill(form, {"Which part is it about?": "Invoices"})
    await browser.submit(form)
    moved = await browser.modal(f"Moved {KEY}")
    await expect(moved).to_contain_text("These lines would have sent it there.")
    await expect(moved).to_contain_text('set: {component: "invoices"}')
    await _picture(browser, kept, "wrong-team", keep_pictures)
    await browser.close(moved)


async def _report(browser: Browser, title: str) -> None:
    await browser.type(f"/bug {title}")
    form = await browser.modal("Report a bug")
    await browser.submit(form)
    await expect(browser.page.locator(".modal")).to_have_count(0)


async def _picture(browser: Browser, kept: Path, name: str, keep_pictures: bool, *, of: Locator | None = None) -> None:
    path = (PICTURES if keep_pictures else kept) / f"{name}.png"
    if of is None:
        await browser.screenshot(path)
    else:
        await of.screenshot(path=path)


@asynccontextmanager
async def _demo(home: Path, *options: str) -> AsyncIterator[str]:
    """Run `liaison demo` as a newcomer does; give the address it prints; end it by Ctrl-C."""
    command = [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(free_port(23300)), *options]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=home, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    try:
        yield await asyncio.wait_for(_address(process.stdout), timeout=60)
        process.send_signal(signal.SIGINT)
        rest = (await asyncio.wait_for(process.stdout.read(), timeout=20)).decode()
        assert await process.wait() == 0, rest
        assert "Traceback" not in rest
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _address(output: asyncio.StreamReader) -> str:
    """Read what the demo says until it says where it runs."""
    said = ""
    while line := (await output.readline()).decode():
        if READY in line:
            return line.split(READY)[1].strip()
        said += line
    raise AssertionError(said)
