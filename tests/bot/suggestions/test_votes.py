"""Votes of past reports: what counts, and how much."""

from bot.duplicates.index import Scored
from bot.suggestions import votes
from bot.suggestions.votes import Choice


def found(report_id: int, score: float = 10.0, *, share: float = 0.5, recent: float = 1.0) -> Scored:
    return Scored(report_id, score, share, 0.5, 0.5, 0.5, recent, ())


def test_nobody_votes_when_no_report_has_a_value():
    assert votes.count([found(1)], {}) == []


def test_majority_wins_when_all_are_alike():
    choices = votes.count([found(1), found(2), found(3)], {1: ["web"], 2: ["pay"], 3: ["pay"]})

    assert [choice.value for choice in choices] == ["pay", "web"]
    assert choices[0].voters == (2, 3)
    assert round(choices[0].share, 6) == 0.4


def test_one_voice_stays_unsure_when_nobody_else_speaks():
    [choice] = votes.count([found(1)], {1: ["web"]})

    assert round(choice.share, 6) == round(1 / 3, 6)


def test_newer_report_outvotes_an_older_one_when_both_are_alike():
    choices = votes.count([found(1, recent=0.001), found(2)], {1: ["old"], 2: ["new"]})

    assert [choice.value for choice in choices] == ["new", "old"]


def test_labels_age_faster_than_components():
    hits = [found(1, recent=0.1), found(2)]
    values = {1: ["old"], 2: ["new"]}

    usual = {choice.value: choice.share for choice in votes.count(hits, values)}
    of_labels = {choice.value: choice.share for choice in votes.count(hits, values, votes.OF_LABELS)}

    assert of_labels["old"] < usual["old"]


def test_report_that_shares_little_is_no_full_voice():
    [alike] = votes.count([found(1, share=0.5)], {1: ["web"]})
    [hardly] = votes.count([found(1, share=0.03)], {1: ["web"]})

    assert hardly.share < alike.share / 2


def test_blend_keeps_voters_and_adds_what_only_words_say():
    mixed = votes.blend([Choice("web", 0.5, (7,))], {"web": 0.2, "pay": 0.6})

    assert [(one.value, round(one.share, 6), one.voters) for one in mixed] == [("web", 0.425, (7,)), ("pay", 0.15, ())]
