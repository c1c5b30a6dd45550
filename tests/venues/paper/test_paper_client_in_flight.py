"""Time-outs of orders and cancels, on a loop whose time the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from paper_socket_kit import SYMBOL, Recorder, report, request

from venues.model import CancelReport, ManualClock, OrderStatus, OrderStatusReport
from venues.paper.in_flight import InFlight


class Loop:
    """One timer at a time, which is all there should be."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timer: tuple[float, Callable[[], None]] | None = None

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> Loop:
        assert self.timer is None, "a second timer"
        self.timer = (when, callback)
        return self

    def cancel(self) -> None:
        self.timer = None

    def run_until(self, when: float) -> None:
        while self.timer is not None and self.timer[0] <= when:
            (self.now, callback), self.timer = self.timer, None
            callback()
        self.now = when


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    loop = Loop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    return loop


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def in_flight(loop: Loop, recorder: Recorder) -> InFlight:
    waiting = InFlight(ManualClock(), 5.0)
    waiting.listener = recorder
    return waiting


def told(recorder: Recorder) -> list[str]:
    names = [event.client_order_id for event in recorder.events if isinstance(event, (OrderStatusReport, CancelReport))]
    assert len(names) == len(recorder.events)
    return names


def test_each_waits_its_own_time(loop: Loop, recorder: Recorder, in_flight: InFlight) -> None:
    in_flight.submitted(request("c1"))
    loop.run_until(101)
    in_flight.cancelling("c2", SYMBOL)
    loop.run_until(102)
    in_flight.submitted(request("c3"))
    loop.run_until(104.9)
    assert told(recorder) == []
    loop.run_until(105)
    assert told(recorder) == ["c1"]
    loop.run_until(106.9)
    assert told(recorder) == ["c1", "c2"]
    loop.run_until(200)
    assert told(recorder) == ["c1", "c2", "c3"]
    assert loop.timer is None, "a timer runs for nobody"


def test_what_is_sent_again_waits_anew(loop: Loop, recorder: Recorder, in_flight: InFlight) -> None:
    in_flight.submitted(request("c1"))
    in_flight.cancelling("c2", SYMBOL)
    in_flight.submitted(request("c3"))
    loop.run_until(104)
    in_flight.submitted(request("c1"))
    in_flight.cancelling("c2", SYMBOL)
    loop.run_until(108)
    assert told(recorder) == ["c3"]
    loop.run_until(109)
    assert told(recorder) == ["c3", "c1", "c2"]


def test_an_answered_head_does_not_keep_the_next_waiting(loop: Loop, recorder: Recorder, in_flight: InFlight) -> None:
    in_flight.submitted(request("c1"))
    loop.run_until(101)
    in_flight.submitted(request("c2"))
    assert in_flight.on_order(report(request("c1")))
    loop.run_until(106)
    assert told(recorder) == ["c2"]


def test_only_an_end_settles_a_cancel(loop: Loop, recorder: Recorder, in_flight: InFlight) -> None:
    in_flight.cancelling("c1", SYMBOL)
    in_flight.cancelling("c2", SYMBOL)
    in_flight.cancelling("c3", SYMBOL)
    assert in_flight.on_order(report(request("c1"), OrderStatus.PARTIALLY_FILLED))
    assert in_flight.on_order(report(request("c2"), OrderStatus.CANCELED))
    in_flight.cancel_answered("c3")
    loop.run_until(106)
    assert told(recorder) == ["c1"]


def test_after_a_loss_or_an_end_nothing_is_told_twice(loop: Loop, recorder: Recorder, in_flight: InFlight) -> None:
    in_flight.submitted(request("c1"))
    in_flight.lose("gone")
    in_flight.submitted(request("c2"))
    in_flight.clear()
    loop.run_until(200)
    assert told(recorder) == ["c1"]
