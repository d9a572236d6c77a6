"""What is proposed for a report, and why; pure. A person decides: nothing here is applied by itself."""

from bot.suggestions import Suggested
from bot.triage.cards import Card
from bot.triage.states import Action, actions_from
from handlers.views import text, words

WORD_LIMIT = 60


def facts(card: Card) -> list[str]:
    """Say on the card what is proposed where nobody has said it, one line each."""
    found = []
    if component := component_of(card):
        found.append(f"*Suggested component:* {_name(component)}{_evidence(component)}")
    if severity := _severity(card):
        found.append(f"*Suggested severity:* {severity}")
    return found


def summary(card: Card) -> str:
    """Say the same within one line, for notifications and screen readers; empty where nothing is proposed."""
    component, severity = component_of(card), _severity(card)
    said = f" · suggested component {_name(component)}" if component else ""
    return said + (f" · suggested severity {severity}" if severity else "")


def note(card: Card) -> str:
    """Say in a form what was filled in because it is proposed; empty where nothing was."""
    component, severity = component_of(card), _severity(card)
    filled = [f"component {_name(component)}{_evidence(component)}"] if component else []
    filled += [f"severity {severity}"] if severity else []
    return f"Filled in as suggested: {' · '.join(filled)}. Change what is wrong." if filled else ""


def component_of(card: Card) -> Suggested | None:
    """Give the component that is proposed for a report that has none."""
    return None if card.line.component or not _is_open(card) else card.suggestions.component


def severity_of(card: Card) -> str:
    """Give the severity that is proposed for a report that is not rated: a rule's first; empty when there is none."""
    if card.line.severity or not _is_open(card):
        return ""
    if card.proposed_severity:
        return card.proposed_severity
    return card.suggestions.severity.value if card.suggestions.severity else ""


def _severity(card: Card) -> str:
    proposed, suggested = severity_of(card), card.suggestions.severity
    if not proposed:
        return ""
    if card.proposed_severity or suggested is None:
        return f"{proposed} proposed by a rule"
    return f"{proposed}{_evidence(suggested)}"


def _is_open(card: Card) -> bool:
    return Action.ACCEPT in actions_from(card.line.state)


def _name(suggested: Suggested) -> str:
    return words.part(suggested.name or suggested.value)


def _evidence(suggested: Suggested) -> str:
    """Name what the proposal rests on: past reports, and the word that says how bad it is."""
    said = [f"as {', '.join(suggested.keys)}"] if suggested.keys else []
    said += [f"it says “{text.inline(suggested.word, WORD_LIMIT)}”"] if suggested.word else []
    return f" ({'; '.join(said)})" if said else ""
