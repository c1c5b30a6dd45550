"""The books bench on a second or so: its figures exist and make sense. How fast it was is never a test."""

from __future__ import annotations

import pytest

from cockpit.bench.books import FOUR, ONE, FeedChild, Plan, _measure
from cockpit.bench.books_client import Way
from cockpit.bench.books_feed import Feed

PLAN = Plan(rate=200.0, seconds=0.5, warm_up_s=0.1, listed=40)


@pytest.mark.parametrize("way", [Way.FAST, Way.CCXT, Way.ADAPTER])
def test_each_way_gets_the_books_of_one_venue(way: Way) -> None:
    costs, pace = _measure(PLAN, ONE, (way,), 1)
    assert pace > 0
    assert costs[way].told > 0
    assert costs[way].cpu_s > 0


@pytest.mark.parametrize("way", [Way.DESK, Way.DESK_FAST])
def test_a_desk_without_keys_gets_the_books_of_four_venues(way: Way) -> None:
    """Among them Lighter, whose dialect used to ask for an account index even to watch."""
    costs, _ = _measure(PLAN, FOUR, (way,), 1)
    assert costs[way].told > 0
    assert 20 < costs[way].rss_mb < 500


def test_the_feed_lists_what_it_was_told_to_and_says_what_it_sent() -> None:
    with FeedChild(Feed({"lighter": 3}, 500.0, listed=50)) as feed:
        assert feed.ready.symbols == {"lighter": ("BTC", "ETH", "SOL")}
        assert feed.ready.endpoints["lighter"].startswith("http://127.0.0.1:")
        sent = feed.end()
    assert sent.seconds >= 0
