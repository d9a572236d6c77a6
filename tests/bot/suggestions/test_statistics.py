"""Which words go with which component."""

from bot.suggestions.statistics import Statistics, marks


def learnt() -> Statistics:
    statistics = Statistics()
    for number in range(30):
        statistics.learn(marks(f"Card is refused {number}", "at the checkout"), "checkout")
        statistics.learn(marks(f"Filter finds nothing {number}", "in the list"), "search")
    return statistics


def test_words_name_their_component():
    shares = learnt().shares(marks("The card is refused", ""))

    assert shares["checkout"] > 5 * shares["search"]


def test_nothing_is_said_when_no_word_is_known():
    assert learnt().shares(marks("Zebra", "")) == {}


def test_shares_are_small_when_there_are_few_reports():
    statistics = Statistics()
    statistics.learn(marks("Card is refused", ""), "checkout")

    shares = statistics.shares(marks("Card is refused", ""))

    assert shares.keys() == {"checkout"}
    assert shares["checkout"] < 0.05


def test_nothing_is_left_when_all_is_unlearned():
    statistics = Statistics()
    statistics.learn(marks("Card is refused", "twice"), "checkout")
    statistics.unlearn(marks("Card is refused", "twice"), "checkout")

    assert statistics.shares(marks("Card is refused", "")) == {}


def test_only_the_beginning_of_a_body_is_read():
    assert marks("Title", "x " * 150 + "needle").body == marks("Title", "x").body


def test_any_text_is_read_when_it_holds_half_a_character():
    assert len(marks("half \ud800word", "").title) > 0
