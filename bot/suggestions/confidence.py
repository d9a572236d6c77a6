"""How likely a suggestion is right, from the share of the votes it has and its lead over the next; pure.

Learnt by logistic regression on the first half of a stream of reports and checked on the second; what counts for
severity is the lead, since one value is the commonest almost everywhere. See
docs/decisions/0009-suggestions.md.
"""

import math

_COMPONENT = (-1.15, 2.75, 3.57)
_SEVERITY = (-0.24, -1.84, 5.1)
# An explicit word that says the same leaves this much of the doubt.
_DOUBT_LEFT = 0.5
# One that says otherwise leaves this much of the confidence: about half of those are right.
_CONFIDENCE_LEFT = 0.7


def of_component(share: float, lead: float) -> float:
    """Say how likely a component is right."""
    return _likely(_COMPONENT, share, lead)


def of_severity(share: float, lead: float) -> float:
    """Say how likely a severity is right."""
    return _likely(_SEVERITY, share, lead)


def of_share(share: float, lead: float) -> float:
    """Give the share itself: for what is ranked and not shown."""
    return share


def agreed(likely: float) -> float:
    """Raise a likelihood because an explicit word says the same."""
    return 1 - (1 - likely) * _DOUBT_LEFT


def doubted(likely: float) -> float:
    """Lower a likelihood because an explicit word says otherwise."""
    return likely * _CONFIDENCE_LEFT


def _likely(weights: tuple[float, float, float], share: float, lead: float) -> float:
    alone, by_share, by_lead = weights
    return 1 / (1 + math.exp(-(alone + by_share * share + by_lead * lead)))
