"""The reports of the example team, oldest first: who filed what, and what people then decided."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.services import Services
from bot.triage import workflow
from bot.triage.cards import Card
from bot.triage.decisions import Order
from storage.models import Resolution, Severity

Step = Callable[[Services, Order], Awaitable[Card]]


@dataclass(frozen=True)
class Story:
    """One seeded report: what was filed, how many days ago, and what people then decided, in order.

    Where `component` is empty, the rules find it.
    """

    days_ago: float
    reporter: str
    channel: str
    title: str
    what: str
    component: str
    severity: Severity | None = None
    expected: str = ""
    also: tuple[str, ...] = ()
    private: bool = False
    steps: tuple[tuple[str, Step], ...] = field(default_factory=tuple)


def _accept(severity: Severity) -> Step:
    return lambda services, order: workflow.accept(services, order, severity=severity, component_key=None)


def _take(severity: Severity) -> Step:
    return lambda services, order: workflow.take(services, order, severity=severity)


def _fix(build: str, how_to_check: str) -> Step:
    return lambda services, order: workflow.fix(services, order, build=build, how_to_check=how_to_check)


def _decline(resolution: Resolution, reason: str) -> Step:
    return lambda services, order: workflow.decline(services, order, resolution=resolution, reason=reason)


STORIES: tuple[Story, ...] = (
    Story(
        26,
        "U0EVE",
        "C0QA",
        "Invoice PDF shows the old company address",
        "A customer sent us the PDF of March: the footer still has the street we left in January.",
        "invoices",
        expected="The new address on every invoice made after January.",
        steps=(
            ("U0FINN", _accept(Severity.S3)),
            ("U0BO", _take(Severity.S3)),
            ("U0BO", workflow.start),
            ("U0BO", _fix("2.3.0", "Make an invoice for any customer and look at the footer.")),
            ("U0DEV", workflow.verify),
        ),
    ),
    Story(
        21,
        "U0DEV",
        "C0QA",
        "Card payment fails when the name holds an umlaut",
        "Paying as “Jürgen Müller” ends with “invalid holder”. Without the umlauts it goes through.",
        "checkout",
        severity=Severity.S2,
        also=("U0EVE", "U0ANA"),
        steps=(
            ("U0BO", _take(Severity.S2)),
            ("U0BO", workflow.start),
            ("U0BO", _fix("2.3.1", "Pay with the test card as Jürgen Müller.")),
            ("U0DEV", lambda s, o: workflow.fail(s, o, note="ü works now, ß still ends with “invalid holder”.")),
            ("U0BO", _fix("2.3.2", "Pay with the test card as Jürgen Groß.")),
            ("U0DEV", workflow.verify),
        ),
    ),
    Story(
        17,
        "U0ANA",
        "C0WEB",
        "Search should learn what I look for",
        "Everybody at the fair asked for it.",
        "",
        steps=(("U0CLEO", _decline(Resolution.NOT_A_BUG, "A fine idea, and not a bug: Ana starts a spec for it.")),),
    ),
    Story(
        14,
        "U0CLEO",
        "C0WEB",
        "Filter icon has too little contrast in dark mode",
        "The icon is #555 on #333; it takes 4.5:1 to be read.",
        "",
        steps=(
            (
                "U0ANA",
                lambda s, o: workflow.snooze(s, o, until=datetime.now(UTC) + timedelta(days=9), more_hits=3),
            ),
        ),
    ),
    Story(
        9,
        "U0EVE",
        "C0QA",
        "Customer is signed out in the middle of a purchase",
        "Two customers this week. Both had the basket open for about an hour.",
        "sign-in",
        steps=(
            (
                "U0BO",
                lambda s, o: workflow.ask(s, o, question="Which browser, and did they come from the newsletter?"),
            ),
        ),
    ),
    Story(
        6,
        "U0DEV",
        "C0QA",
        "Export of orders to CSV is empty on Safari",
        "Press *Export*, open the file: only the first line is there. Chrome and Firefox are fine.",
        "invoices",
        expected="All orders of the month.",
        also=("U0EVE",),
        steps=(("U0FINN", _accept(Severity.S2)), ("U0BO", _take(Severity.S2)), ("U0BO", workflow.start)),
    ),
    Story(
        4,
        "U0EVE",
        "C0QA",
        "Discount code is forgotten after going back one page",
        "Enter SPRING, continue, press back: the code is gone and the full price is shown.",
        "checkout",
        steps=(
            ("U0BO", _take(Severity.S3)),
            ("U0BO", workflow.start),
            ("U0BO", _fix("2.5.0-rc1", "Enter SPRING, continue to payment, go back: the price is still reduced.")),
        ),
    ),
    Story(
        3,
        "U0FINN",
        "C0LEADS",
        "Total in the order mail differs from the invoice by one cent",
        "Order 10482: 59.98 in the mail, 59.97 on the invoice.",
        "",
        severity=Severity.S3,
        steps=(("U0BO", _accept(Severity.S3)),),
    ),
    Story(
        1.4,
        "U0ANA",
        "C0WEB",
        "Search finds nothing when the word ends with a space",
        "Type “lamp ” with a space behind it: no results. Without the space: 214.",
        "",
    ),
    Story(
        0.6,
        "U0DEV",
        "C0QA",
        "Address book of one customer is shown to another",
        "Sign in as test-7 right after test-6 in the same browser.",
        "sign-in",
        severity=Severity.S1,
        private=True,
    ),
    Story(
        0.08,
        "U0EVE",
        "C0QA",
        "Checkout button does nothing on an iPhone",
        "iOS 19, Safari. The button blinks, nothing follows. A customer sent a screen recording.",
        "checkout",
        expected="The payment page opens.",
    ),
)
