"""The watchdog while all is well: switches kept pressed, what it says, how it stands down and ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desk_kit import D
from fake_venue import FakeVenue
from watchdog_kit import Dog, held, pair_left_behind

from cockpit.watchdog.heart import Pulse
from venues.model import Capabilities, OrderRequest

SWITCH = Capabilities(dead_man_switch=True)


def with_switch(dog: Dog) -> FakeVenue:
    dog.rig.mk.capabilities = SWITCH
    return dog.rig.mk


def test_the_switch_is_pressed_while_the_heart_beats_and_no_longer(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path, flatten=False) as dog:
        venue = with_switch(dog)
        dog.beats(20)
        assert 5 <= len(venue.switch) <= 7, "three times within the deadline"
        assert all(8.5 <= seconds <= 10 for seconds in venue.switch), "what is left of the deadline since the beat"
        pressed = len(venue.switch)
        dog.die(60)
        assert len(venue.switch) <= pressed + 1
        assert not dog.rig.tk.switch, "a venue without one is not asked"


def test_a_switch_is_not_pressed_on_an_old_beat(tmp_path: Path) -> None:
    """Each press vouches for the desk: one on a beat of three seconds ago would give a dead desk three more."""
    with pair_left_behind(tmp_path, flatten=False) as dog:
        venue = with_switch(dog)
        dog.rig.pass_time(1)
        pressed = len(venue.switch)
        dog.rig.pass_time(4)
        assert len(venue.switch) == pressed
        assert dog.watchdog.pulse is Pulse.BEATING


def test_a_switch_that_is_not_taken_is_told_once_and_tried_again(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path, flatten=False) as dog:
        venue = with_switch(dog)
        venue.down = "503"
        dog.beats(15)
        venue.down = ""
        dog.beats(5)
        assert dog.said("account")[-2:] == [
            "mk does not take its dead-man switch: 503",
            "mk is up, dead-man switch",
        ]
        assert venue.switch


def test_a_goodbye_disarms_and_says_what_is_left_and_nothing_is_touched(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        venue = with_switch(dog)
        dog.beats(5)
        dog.desk.goodbye, dog.desk.left = True, ["mk BTCUSDT +0.05"]
        dog.die(120)
        assert venue.switch[-1] == 0
        (said,) = dog.said("stopped")
        assert said.endswith("standing down; left open: mk BTCUSDT +0.05")
        assert held(dog.rig.mk) == D("0.05")
        assert dog.rig.mk.cancel_alls == 0


def test_after_a_goodbye_a_new_desk_is_watched_again(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.desk.goodbye = True
        dog.die(30)
        dog.beats(3)
        dog.die()
        assert held(dog.rig.mk) == 0
        assert [event.kind for event in dog.events if event.kind in ("beating", "stopped", "dead")] == [
            "beating", "stopped", "beating", "dead",
        ]  # fmt: skip


def test_ending_it_disarms_the_switches(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        venue = with_switch(dog)
        dog.beats(5)
    assert venue.switch[-1] == 0
    assert venue.closed


def test_ending_it_over_a_dead_desk_leaves_the_switches_to_strike(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path, flatten=False) as dog:
        venue = with_switch(dog)
        dog.beats(5)
        dog.die(9)
    assert 0 not in venue.switch


def test_an_account_that_cannot_be_reached_is_told_and_dialled_again(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.at(dog.rig.tk, "lose", "no route")
        dog.beats(2)
        dog.rig.at(dog.rig.tk, "come_back")
        dog.beats(2)
        assert dog.said("account")[-2:] == ["tk is down: no route", "tk is up, no dead-man switch"]


def test_a_venue_that_is_not_there_when_it_starts_is_dialled_until_it_is(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        account = dog.accounts["mk"]
        dog.rig.run(account.close())
        account._keeper, account.up, account._told = None, False, False
        dog.rig.mk.refuses_connection = 3
        dog.rig.call(account.start)
        dog.rig.pass_time(0.1)
        assert account.why == "no route"
        dog.rig.pass_time(3)
        assert account.up


def test_books_that_cannot_be_read_are_told_while_there_is_time_to_mend_them(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.books._path = tmp_path / "gone.sqlite"
        dog.beats(130)
        assert len(dog.said("books")) == 1, "once, not each time"
        assert "cannot flatten, only cancel: journal" in dog.said("books")[0]


def test_a_defect_of_its_own_is_told_and_does_not_end_it(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        plain = dog.rig.mk.open_orders
        broken = iter(range(2))

        async def open_orders() -> Any:
            if next(broken, None) is not None:
                raise RuntimeError("unforeseen")
            return await plain()

        dog.rig.mk.open_orders = open_orders  # type: ignore[method-assign]  # the test's own venue
        dog.die(12)
        assert "RuntimeError('unforeseen'); trying again" in dog.said("defect")
        assert held(dog.rig.mk) == 0


def test_a_fill_on_its_way_when_asked_is_not_done_yet(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        plain = dog.rig.tk.positions
        once = iter(range(1))

        async def positions() -> Any:
            if next(once, None) is not None:
                dog.rig.tk.orders["late"] = dog.rig.tk.orders[next(iter(dog.rig.tk.orders))]
                dog.rig.tk.fill("late", "0.01", tell=False)
            return await plain()

        dog.rig.tk.positions = positions  # type: ignore[method-assign]  # the test's own venue
        dog.die(12)
        assert any("tk: had fills while it was asked" in text for text in dog.said("round"))
        assert (held(dog.rig.mk), held(dog.rig.tk)) == (0, 0)


@pytest.mark.parametrize("seconds", [1, 300])
def test_ids_are_not_given_twice_and_never_run_out(tmp_path: Path, seconds: int) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.books.refresh()
        first = [dog.books.next_id("L1").text for _ in range(200)]
        dog.rig.pass_time(seconds)
        more = [dog.books.next_id("L1").text for _ in range(200)]
        assert len({*first, *more}) == 400
        dog.books._number = (1 << 25) - 2
        assert len({dog.books.next_id("").text for _ in range(4)}) == 4


def test_it_refuses_what_is_no_order_of_its_own(tmp_path: Path) -> None:
    """Reports of the desk's orders come in too: they end nothing that it waits for."""
    with pair_left_behind(tmp_path) as dog:
        order = OrderRequest("ck1-1o5-0", "BTCUSDT", dog.rig.mk.orders[next(iter(dog.rig.mk.orders))].side, D(1), D(1))
        dog.rig.mk.orders[order.client_order_id] = dog.rig.mk.orders[next(iter(dog.rig.mk.orders))]
        dog.rig.call(dog.rig.mk.end, order.client_order_id)
        assert not dog.accounts["mk"].ended
