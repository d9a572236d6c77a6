"""One sentence per decision: actor first, verb in bold, from and to."""

from collections.abc import Callable
from datetime import datetime

from bot.text import is_blank
from bot.triage.cards import DecisionLine
from bot.triage.states import Action
from handlers.views import text, words
from storage.models import Resolution

_LIMIT = 600
_Sentence = Callable[[DecisionLine, str], str]


def decided(decision: DecisionLine, key: str) -> str:
    """Say what was decided on a report and why, as mrkdwn."""
    return _sentence(decision, key) + _reason(decision)


def standing(decision: DecisionLine, key: str) -> str:
    """Say what was decided and when, for the card."""
    when = text.date(decision.at, f"{decision.at:%d %b %Y at %H:%M} UTC")
    return f"{_sentence(decision, key)} · {when}{_reason(decision)}"


def _sentence(decision: DecisionLine, key: str) -> str:
    actor = words.person(decision.by) if decision.by else "Liaison"
    if decision.facts.get("in"):
        actor = f"Somebody in {text.inline(str(decision.facts['in']), 50)}"
    return f"{actor} {_DECISIONS[Action(decision.kind)](decision, key)}"


def _accept(decision: DecisionLine, key: str) -> str:
    facts = decision.facts
    return f"*accepted* {key} as {facts.get('severity', '')} · {words.part(str(facts.get('component', '')))}"


def _take(decision: DecisionLine, key: str) -> str:
    facts = decision.facts
    if facts.get("was_new"):
        return f"*took* {key} as {facts.get('severity', '')} · {words.part(str(facts.get('component', '')))}"
    return f"*took* {key}"


def _snooze(decision: DecisionLine, key: str) -> str:
    until, hits = decision.facts.get("until"), decision.facts.get("more_hits")
    parts = []
    if until:
        when = datetime.fromisoformat(str(until))
        parts.append(f"until {text.date(when, f'{when:%d %b %Y}')}")
    if hits:
        parts.append(f"until {hits} more {'person meets' if hits == 1 else 'people meet'} it")
    return f"*snoozed* {key} {' or '.join(parts)}"


def _decline(decision: DecisionLine, key: str) -> str:
    why = words.RESOLUTIONS[Resolution(str(decision.facts.get("resolution", Resolution.NOT_A_BUG)))]
    return f"*declined* {key}: {why}"


def _fix(decision: DecisionLine, key: str) -> str:
    build = decision.facts.get("build")
    return f"*fixed* {key}" + (f" in {text.inline(str(build), 200)}" if build else "")


def _reason(decision: DecisionLine) -> str:
    """Give what the person wrote, on lines of its own behind the sentence."""
    return "\n" + text.quote(decision.reason, _LIMIT) if not is_blank(decision.reason) else ""


def _says(verb: str, after: str = "", *, before: str = "") -> _Sentence:
    return lambda _decision, key: f"*{verb}* {before}{key}{after}"


_DECISIONS: dict[Action, _Sentence] = {
    Action.ACCEPT: _accept,
    Action.TAKE: _take,
    Action.ASK: _says("asked", before="about "),
    Action.ANSWER: _says("answered", ": it is back in triage"),
    Action.TIMEOUT: _says("closed", " because the question was not answered in 14 days"),
    Action.DUPLICATE: lambda decision, key: (
        f"*closed* {key} as a duplicate of {text.inline(str(decision.facts.get('original', '')), 80)}"
    ),
    Action.DECLINE: _decline,
    Action.SNOOZE: _snooze,
    Action.WAKE: _says("woke", ": it is back in triage"),
    Action.START: _says("started"),
    Action.STOP: _says("stopped", ": it waits for somebody to start"),
    Action.FIX: _fix,
    Action.VERIFY: _says("verified", ": it works"),
    Action.SKIP: _says("closed", " without a test"),
    Action.FAIL: _says("sent back", ": it is still broken"),
    Action.REOPEN: _says("reopened"),
    Action.UNDO: _says("undid", ": it is back in triage"),
    Action.WITHDRAW: _says("withdrew"),
}
