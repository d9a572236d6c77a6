"""How bad a report is, in the words of the form, and how urgent that makes it."""

from storage.models import Reach, Severity

SENTENCES: dict[Severity, str] = {
    Severity.S1: "Nobody can work, or data is lost or exposed",
    Severity.S2: "A main thing is broken and there is no way round",
    Severity.S3: "Something is wrong, but there is a way round",
    Severity.S4: "It looks wrong",
}

_PRIORITY = {
    Severity.S1: {Reach.MOST: "P0", Reach.MANY: "P0", Reach.FEW: "P1"},
    Severity.S2: {Reach.MOST: "P0", Reach.MANY: "P1", Reach.FEW: "P2"},
    Severity.S3: {Reach.MOST: "P1", Reach.MANY: "P2", Reach.FEW: "P3"},
    Severity.S4: {Reach.MOST: "P2", Reach.MANY: "P3", Reach.FEW: "P3"},
}


def priority(severity: Severity, reach: Reach | None) -> str:
    """Give the priority, P0 to P3; a reach nobody stated counts as many users.

    Source: product.md, "Severities and priority".
    """
    return _PRIORITY[severity][reach or Reach.MANY]
