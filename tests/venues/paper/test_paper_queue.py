"""Queue models: they only ever move forward, and by as much as their formula says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.paper.queue import ConservativeQueue, QueueModelKind, queue_model

levels = st.integers(0, 1000)


def test_a_power_must_be_above_zero():
    with pytest.raises(ValueError, match="power is 0"):
        queue_model(QueueModelKind.POWER_PROBABILITY, 0)


@pytest.mark.parametrize("kind", list(QueueModelKind))
@given(before=levels, now=levels, data=st.data())
def test_it_never_moves_back_and_never_behind_the_level(kind, before, now, data):
    ahead = data.draw(st.integers(0, before))
    traded = data.draw(st.integers(0, before - ahead))
    after = queue_model(kind).ahead(ahead, before, traded, now)
    assert 0 <= after <= min(ahead, now)


@given(ahead=levels, behind=levels, gone=levels)
def test_cancellations_alone_do_not_move_the_conservative_queue_until_the_level_is_too_small(ahead, behind, gone):
    before = ahead + behind
    now = max(0, before - gone)
    assert ConservativeQueue().ahead(ahead, before, 0, now) == min(ahead, now)


def test_the_log_form_takes_its_share_from_ahead():
    # 60 ahead, 40 behind, 20 cancelled: p(behind) = log 41 / (log 61 + log 41).
    behind = math.log1p(40) / (math.log1p(60) + math.log1p(40))
    expected = math.ceil(60 - 20 * (1 - behind))
    assert queue_model(QueueModelKind.LOG_PROBABILITY).ahead(60, 100, 0, 80) == expected == 50


def test_the_power_form_leans_to_the_larger_side():
    model = queue_model(QueueModelKind.POWER_PROBABILITY, 3)
    assert model.ahead(10, 100, 0, 80) == 10
    assert model.ahead(90, 100, 0, 90) == 81


def test_what_trades_explain_is_not_counted_again():
    model = queue_model(QueueModelKind.LOG_PROBABILITY)
    assert model.ahead(40, 100, 20, 80) == 40


def test_what_the_back_cannot_give_comes_from_the_front():
    assert queue_model(QueueModelKind.LOG_PROBABILITY).ahead(50, 51, 0, 21) == 21


def test_alone_at_the_level_every_cancellation_is_ahead():
    assert queue_model(QueueModelKind.LOG_PROBABILITY).ahead(50, 50, 0, 30) == 30
