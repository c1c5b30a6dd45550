"""What the desk says, told again in Chinese: sentences, figures within them, and sentences within sentences."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from cockpit.chaos.run import run_seed
from cockpit.desk.journal import Journal
from cockpit.desk.journal_rows import JournaledAlarm
from widgets.desk_words import Phrasebook, said
from widgets.i18n import use

ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}")
"""Two words of the desk side by side."""
NO_SENTENCE = re.compile(r"<Order .*?>|nonce: invalid nonce|the journal cannot be written: .*")
"""An order as the log shows it, and what a venue and the simulated disk have said."""


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    use("zh")
    yield
    use("en")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("every venue reads flat", "每家交易所都已确认无持仓"),
        ("okx is down: maintenance", "okx 断线：maintenance"),
        ("okx is down: no answer within 5 s", "okx 断线：5 秒内无应答"),
        ("hedge-1 has 0.2 ETH unhedged for 6 s", "hedge-1 有 0.2 ETH 未对冲，已 6 秒"),
        (
            "hedge-1 paused: wear of the last 10 cycles is 2.1 bps, the budget is 1.5",
            "hedge-1 已暂停：最近 10 轮磨损 2.1 bps，预算为 1.5",
        ),
        ("Size of one maker order", "单笔挂单数量"),
        ("read-only from now on, by tui:op@here", "即刻起只读，操作者 tui:op@here"),
        ("buy 0.05 at 67120.5", "买 0.05 @ 67120.5"),
    ],
)
def test_sentences_of_the_desk(text: str, told: str) -> None:
    assert said(text) == told


@pytest.mark.parametrize("text", ["", "x", "nobody knows this phrase", "7", "hedge-1", "{0} {1}", "a" * 5000])
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert said(text) == text


def test_english_is_left_alone() -> None:
    use("en")
    assert said("okx is down: maintenance") == "okx is down: maintenance"


def test_braces_in_figures_are_no_places() -> None:
    assert said("okx is down: {weird} {0}") == "okx 断线：{weird} {0}"


def test_sentences_put_together_are_told_one_by_one() -> None:
    assert said("not connected yet; nobody knows this") == "尚未连接; nobody knows this"


def test_the_template_that_fixes_most_is_taken() -> None:
    book = Phrasebook([("{0} is {1}", "A {0} {1}"), ("{0} is down: {1}", "B {0} {1}"), ("{0}", "C {0}")])
    assert book.tell("x is down: y z") == "B x y z"
    assert book.tell("x is up") == "A x up"


def test_a_template_of_few_letters_takes_names_and_figures_only() -> None:
    book = Phrasebook([("{0} of {1}", "{0}/{1}"), ("nothing left", "NIL")])
    assert book.tell("3 of 5") == "3/5"
    assert book.tell("3 of nothing left") == "3/NIL"
    assert book.tell("in spite of all that was said") is None


def test_places_may_change_their_order() -> None:
    book = Phrasebook([("{0} of the {1} left", "{1}: {0}")])
    assert book.tell("3 of the 5 left") == "5: 3"


def test_a_template_does_not_reach_over_two_sentences_where_one_fits_each() -> None:
    book = Phrasebook([("{0} is all that is left", "LEFT {0}"), ("moved {0} away", "MOVED {0}")])
    assert book.tell("moved 5 away, 7 is all that is left") == "MOVED 5, LEFT 7"
    assert book.tell("who knows, 7 is all that is left") == "LEFT who knows, 7"


def test_what_the_desk_puts_before_or_behind_something_else() -> None:
    book = Phrasebook([("at the most ", "MOST "), (", overdue", "!LATE"), ("has no book", "BOOKLESS")])
    assert book.tell("at the most 5x") == "MOST 5x"
    assert book.tell("1 of 2, overdue") == "1 of 2!LATE"
    assert Phrasebook([("{0} {pct} is used", "USED {0}{pct}")]).tell("5 % is used") == "USED 5%"
    assert book.tell("taker BTC has no book") == "taker BTC BOOKLESS"
    assert Phrasebook([(", {0} of {1} needed", " NEED {1} {0}")]).tell("bad, 1 of 2 needed") == "bad NEED 2 1"


def test_a_sentence_within_a_sentence_ends_somewhere() -> None:
    book = Phrasebook([("nested {0}", "N {0}")])
    deep = book.tell("nested " * 50 + "end")
    assert deep is not None
    assert deep.startswith("N N N N N N nested nested")


def test_what_a_desk_says_in_an_hour_of_trouble_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: set[str] = set()
    log, alarm = Journal.log, Journal.alarm

    def logged(self: Journal, *, ts: int, level: str, source: str, text: str) -> None:
        texts.add(text)
        log(self, ts=ts, level=level, source=source, text=text)

    def alarmed(self: Journal, row: JournaledAlarm) -> None:
        texts.add(row.text)
        alarm(self, row)

    monkeypatch.setattr(Journal, "log", logged)
    monkeypatch.setattr(Journal, "alarm", alarmed)
    for seed in range(500, 512):
        run_seed(seed)
    english = {text for text in texts if ENGLISH.search(NO_SENTENCE.sub("", said(text)))}
    assert len(texts) > 30
    assert english == set()


def test_a_text_made_to_be_slow_is_not() -> None:
    nasty = ("is on at of: " * 45)[:590]
    began = time.perf_counter()
    said(nasty)
    assert time.perf_counter() - began < 2
