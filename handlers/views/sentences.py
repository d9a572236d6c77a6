"""One sentence per decision: actor first, verb in bold, from and to."""

from collections.abc import Callable
from datetime import datetime

from bot.triage.cards import DecisionLine
from bot.triage.states import Action
from handlers.views import text, words
from storage.models import Resolution

_LIMIT = 600
_Sentence = Callable[[DecisionLine, str], str]


def decided(decision: DecisionLine, key: str) -> str:
    """Say what was decided on a report, as mrkdwn."""
    actor = words.person(decision.by) if decision.by else "Liaison"
    return f"{actor} {_DECISIONS[Action(decision.kind)](decision, key)}"


def standing(decision: DecisionLine, key: str) -> str:
    """Say what was decided and when, for the card."""
    when = text.date(decision.at, f"{decision.at:%d %b %Y at %H:%M} UTC")
    return f"{decided(decision, key)} · {when}"


def _accept(decision: DecisionLine, key: str) -> str:
    facts = decision.facts
    return f"*accepted* {key} as {facts.get('severity', '')} · {text.escape(str(facts.get('component', '')))}"


def _take(decision: DecisionLine, key: str) -> str:
    facts = decision.facts
    if facts.get("was_new"):
        return f"*took* {key} as {facts.get('severity', '')} · {text.escape(str(facts.get('component', '')))}"
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
    return f"*declined* {key}: {why}. {_reason(decision)}"


def _fix(decision: DecisionLine, key: str) -> str:
    build = decision.facts.get("build")
    return f"*fixed* {key}" + (f" in {text.escape(str(build))}" if build else "")


def _reason(decision: DecisionLine) -> str:
    return text.quote(decision.reason, _LIMIT) if decision.reason else ""


def _with_note(verb: str, after: str) -> _Sentence:
    def sentence(decision: DecisionLine, key: str) -> str:
        note = f"\n{_reason(decision)}" if decision.reason else ""
        return f"*{verb}* {key}{after}{note}"

    return sentence


_DECISIONS: dict[Action, _Sentence] = {
    Action.ACCEPT: _accept,
    Action.TAKE: _take,
    Action.ASK: _with_note("asked", " a question"),
    Action.ANSWER: _with_note("answered", ": it is back in triage"),
    Action.TIMEOUT: _with_note("closed", " because the question was not answered in 14 days"),
    Action.DUPLICATE: lambda decision, key: (
        f"*closed* {key} as a duplicate of {text.escape(str(decision.facts.get('original', '')))}"
    ),
    Action.DECLINE: _decline,
    Action.SNOOZE: _snooze,
    Action.WAKE: _with_note("woke", ": it is back in triage"),
    Action.START: _with_note("started", ""),
    Action.STOP: _with_note("stopped", ": it waits for somebody to start"),
    Action.FIX: _fix,
    Action.VERIFY: _with_note("verified", ": it works"),
    Action.SKIP: _with_note("closed", " without a test"),
    Action.FAIL: _with_note("sent back", ": it is still broken"),
    Action.REOPEN: _with_note("reopened", ""),
    Action.UNDO: _with_note("undid", ": it is back in triage"),
    Action.WITHDRAW: _with_note("withdrew", ""),
}
