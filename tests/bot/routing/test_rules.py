"""Whose a report is: the first rule that fits decides, the others add, and what is private is told to nobody."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.routing.load import load_settings
from bot.routing.rules import Facts, Fit, Routing, explain, route
from bot.routing.settings import Settings, default_settings
from storage.models import FoundIn, Role, Severity
from tests.bot.routing.examples import SETTINGS, SHOP

PYTHON_TRACE = """\
Traceback (most recent call last):
  File "/usr/lib/python3.11/runpy.py", line 196, in main
  File "/app/services/pay/charge.py", line 12, in charge
ValueError: no card"""
JAVA_TRACE = """\
java.lang.NullPointerException
    at java.base/java.util.Objects.requireNonNull(Objects.java:233)
    at com.acme.pay.Cart.add(Cart.java:42)"""
GO_TRACE = "goroutine 1 [running]:\nmain.main()\n\t/home/ci/go/acme/services/pay/index.go:88 +0x1d"
JAVASCRIPT_TRACE = "TypeError: x is not a function\n    at add (webpack:///./services/pay/cart.ts:12:5)"


def settings(*, routes: str = "", also: str = "") -> Settings:
    """Give the settings of the shop with other rules."""
    text = SHOP.partition("routes:")[0]
    routes = routes and f"routes:\n{routes}\n  - {{name: rest, when: always, set: {{team: web}}}}\n"
    return load_settings(text + routes + (also and f"also:\n{also}\n"), "liaison.yaml")


@pytest.mark.parametrize(
    ("facts", "number", "because", "component", "team"),
    [
        (Facts("Apple  Pay hangs"), 4, "word “apple pay”", "checkout", "payments"),
        (Facts("CARD declined"), 4, "word “card”", "checkout", "payments"),
        (Facts("Draft discarded"), 7, "nothing else fits", None, "web"),
        (Facts("Apple", "pay"), 7, "nothing else fits", None, "web"),
        (Facts("Broken", "The Filter does nothing"), 5, "word “filter”", "search", "web"),
        (
            Facts("Card", url="https://app.acme.dev/billing/42?tab=1"),
            3,
            "page https://app.acme.dev/(checkout|billing)/**",
            "checkout",
            "payments",
        ),
        (Facts("Card", component="sign-in"), 2, "the reporter chose it", "sign-in", "platform"),
        (
            Facts("Card", component="search", component_is_channels=True),
            2,
            "it is this channel's component",
            "search",
            "web",
        ),
        (Facts("Card", component="gone"), 4, "word “card”", "checkout", "payments"),
        (Facts("XSS in the card form", component="checkout"), 1, "word “xss”", None, "platform"),
        (Facts("Boom", JAVASCRIPT_TRACE), 6, "file services/pay/cart.ts", "checkout", "payments"),
        (Facts("Boom", GO_TRACE), 6, "file /home/ci/go/acme/services/pay/index.go", "checkout", "payments"),
        (Facts("Boom in src\\box\\find.vb:3"), 6, "file src/box/find.vb", "search", "web"),
        (Facts("Node.js and Vue.js are old"), 7, "nothing else fits", None, "web"),
    ],
)
def test_first_rule_that_fits_decides(facts, number, because, component, team):
    routing = route(SETTINGS, facts)

    assert (routing.fit.number, routing.fit.because, routing.component, routing.team) == (
        number,
        because,
        component,
        team,
    )


def test_whole_routing_is_given_when_rules_add():
    facts = Facts("Contrast of the card icon", reporter_role=Role.SUPPORT, severity=Severity.S1)

    assert route(SETTINGS, facts) == Routing(
        fit=Fit(4, "payment words", "word “card”"),
        team="payments",
        component="checkout",
        labels=("checkout", "customer-reported", "ux"),
        found_in=FoundIn.PRODUCTION,
        notify=("C0LEADS", "C0DESIGN"),
        also=(Fit(1, "", "reported by support"), Fit(2, "", "severity S1"), Fit(3, "looks", "word “contrast”")),
    )


def test_nobody_is_notified_of_a_private_report_though_its_severity_fits():
    routing = route(SETTINGS, Facts("XSS in the icon"))

    assert (routing.private, routing.severity, routing.notify) == (True, Severity.S1, ())
    assert [fit.number for fit in routing.also] == [2, 3]


def test_nobody_is_notified_when_the_reporter_asked_for_privacy():
    asked = Facts("Contrast", severity=Severity.S1, private=True)

    assert route(SETTINGS, replace(asked, private=False)).notify == ("C0LEADS", "C0DESIGN")
    assert (route(SETTINGS, asked).private, route(SETTINGS, asked).notify) == (True, ())


def test_nobody_is_notified_when_any_rule_that_adds_makes_it_private():
    silent = settings(
        also="  - {when: always, set: {notify: [C0LEADS]}}\n  - {when: {any_word: [x]}, set: {private: true}}"
    )

    assert route(silent, Facts("y")).notify == ("C0LEADS",)
    assert (route(silent, Facts("x")).private, route(silent, Facts("x")).notify) == (True, ())


def test_severity_of_the_reporter_goes_before_the_proposal():
    rules = settings(
        routes="  - {name: a, when: {any_word: [down]}, set: {severity: S1, team: web}}",
        also="  - {when: {severity: S1}, set: {labels: [one]}}\n  - {when: {severity: S4}, set: {labels: [four]}}",
    )

    assert route(rules, Facts("down")).labels == ("one",)
    assert route(rules, Facts("down", severity=Severity.S4)).labels == ("four",)


def test_every_part_of_a_condition_must_fit():
    rules = settings(
        routes="  - {name: both, when: {any_word: [late], channel: C0QA, reporter: [U0EVE]}, set: {team: platform}}"
    )
    facts = Facts("So late", channel="C0QA", reporter="U0EVE")

    because = "word “late” and who reported it and the channel it came from"
    assert route(rules, facts).fit == Fit(1, "both", because)
    for other in (replace(facts, title="So"), replace(facts, channel="C0X"), replace(facts, reporter="U0ANA")):
        assert route(rules, other).fit.name == "rest"


def test_defaults_of_a_channel_count_until_a_rule_says_otherwise():
    quiet = route(SETTINGS, Facts("Broken", channel="C0QA"))
    said = route(SETTINGS, Facts("Broken", channel="C0QA", reporter_role=Role.SUPPORT))

    assert (quiet.found_in, quiet.labels) == (FoundIn.STAGING, ("from-qa",))
    assert (said.found_in, said.labels) == (FoundIn.PRODUCTION, ("from-qa", "customer-reported"))


def test_next_rule_is_tried_when_a_file_belongs_to_nobody():
    rules = settings(routes="  - {name: files, when: {path: owned}, set: {component: by-path}}")

    assert route(rules, Facts("Boom in src/other/x.ts")).fit.name == "rest"
    assert route(rules, Facts("Boom", PYTHON_TRACE)).fit == Fit(1, "files", "file /app/services/pay/charge.py")


def test_most_exact_glob_has_the_file():
    rules = settings(routes="  - {name: files, when: {path: owned}, set: {component: by-path}}")

    assert route(rules, Facts("Boom in src/checkout/find.ts")).component == "checkout"
    assert route(rules, Facts("Boom in src/other/find.ts")).component == "search"


def test_class_of_a_java_trace_is_looked_for_from_its_package_on():
    text = SHOP.replace('"services/pay/**"', '"server/src/main/java/com/acme/pay/**"')

    routing = route(load_settings(text, "liaison.yaml"), Facts("Boom", JAVA_TRACE))

    assert routing.fit.because == "file com/acme/pay/Cart.java"
    assert routing.component == "checkout"


def test_files_of_a_condition_fit_by_glob():
    rules = settings(routes='  - {name: css, when: {path: ["**/*.(css|scss)"]}, set: {team: platform}}')

    assert route(rules, Facts("See web/app.scss:9")).fit == Fit(1, "css", "file web/app.scss")
    assert route(rules, Facts("See web/app.sass")).fit.name == "rest"


def test_given_component_is_kept_when_it_belongs_to_the_team_of_the_rule():
    routing = route(SETTINGS, Facts("XSS", component="sign-in"))

    assert (routing.team, routing.component, routing.labels) == ("platform", "sign-in", ("area/auth",))


def test_rule_that_names_no_place_leaves_it_to_what_was_chosen():
    rules = settings(routes="  - {name: bad, when: {any_word: [down]}, set: {severity: S1, owner: U0EVE}}")

    routing = route(rules, Facts("down", component="checkout"))

    assert (routing.fit.name, routing.team, routing.component, routing.owner) == (
        "bad",
        "payments",
        "checkout",
        "U0EVE",
    )


@pytest.mark.parametrize(
    ("facts", "because", "component", "team"),
    [
        (Facts("x", component="search"), "the reporter chose it", "search", "web"),
        (Facts("x", channel="C0PLATFORM"), "it was reported in this team's channel", None, "platform"),
        (Facts("x", channel="C0OTHER"), "no rule says whose it is", None, "payments"),
    ],
)
def test_without_rules_what_was_chosen_decides_then_the_channel_then_the_first_team(facts, because, component, team):
    routing = route(settings(), facts)

    assert (routing.fit, routing.component, routing.team) == (Fit(0, "", because), component, team)


def test_reason_names_rule_word_additions_and_turn():
    routing = route(SETTINGS, Facts("Apple Pay", reporter_role=Role.SUPPORT))

    assert explain(routing, "Ana has this week's turn (Bo is away until Mon 30 Nov)") == (
        "rule 4 “payment words”: word “apple pay” · also: reported by support · "
        "Ana has this week's turn (Bo is away until Mon 30 Nov)"
    )
    assert explain(route(default_settings("C0BUGS"), Facts("x"))) == "no rule says whose it is"


@given(
    st.builds(
        Facts,
        title=st.text(max_size=80) | st.sampled_from(["xss card", "src/search/a.ts", "Icon"]),
        text=st.text(max_size=200),
        url=st.text(max_size=80),
        component=st.none() | st.sampled_from(["checkout", "search", "gone"]),
        severity=st.none() | st.sampled_from(Severity),
        private=st.booleans(),
    )
)
def test_every_report_has_a_team_and_a_private_one_notifies_nobody(facts):
    routing = route(SETTINGS, facts)

    assert routing.team in SETTINGS.teams
    assert routing.component is None or SETTINGS.components[routing.component].owner == routing.team
    assert not (routing.private and routing.notify)
    assert 1 <= routing.fit.number <= len(SETTINGS.routes)
