"""Slots of order ids: a loop's own number where it can be had, never one that is taken."""

from __future__ import annotations

import pytest

from cockpit.desk.ids import SLOT_BITS
from cockpit.desk.journal import Journal
from cockpit.desk.refusals import LaunchError
from cockpit.desk.slots import Slots

LAST = (1 << SLOT_BITS) - 1


@pytest.fixture
def journal() -> Journal:
    return Journal.open(":memory:")


def test_when_all_are_taken_it_says_so_and_gives_none_out_twice(journal: Journal) -> None:
    slots = Slots(journal, 1)
    given = []
    for number in range(1, LAST + 1):
        slot = slots.free_for(f"L{number}")
        slots.take(slot, f"L{number}")
        given.append(slot)
    assert sorted(given) == list(range(1, LAST + 1)), "0 is the desk's own"
    with pytest.raises(LaunchError, match="255 loops were launched"):
        slots.free_for("L256")
    with pytest.raises(LaunchError, match="restart the desk"):
        slots.one_more("L1")


@pytest.mark.parametrize("loop", ["L256", "L1000", ""])
def test_a_loop_without_a_slot_of_its_number_gets_one_from_the_other_end(journal: Journal, loop: str) -> None:
    slots = Slots(journal, 1)
    assert slots.free_for(loop) == LAST
    slots.take(LAST, loop)
    assert slots.free_for(loop) == LAST - 1
    assert slots.free_for("L1") == 1


def test_a_number_that_another_loops_serials_took_is_not_given_again(journal: Journal) -> None:
    slots = Slots(journal, 1)
    slots.take(slots.free_for("L1"), "L1")
    for _ in range(LAST - 2):
        slots.one_more("L1")
    assert slots.free_for("L7") == 2, "all others are L1's by now"


def test_whose_a_slot_is_stands_in_the_journal_under_its_run(journal: Journal) -> None:
    slots = Slots(journal, 5)
    slots.take(slots.free_for("L3"), "L3")
    more = slots.one_more("L3")
    journal.flush()
    reader = journal.reader()
    assert [reader.loop_of(5, 3), reader.loop_of(5, more)] == ["L3", "L3"]
    assert reader.loop_of(4, 3) is None
