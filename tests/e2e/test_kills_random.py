"""A few of the kills that `cockpit bench kills` does by the hundred, at moments drawn afresh each time."""

from __future__ import annotations

import random

from cockpit.bench import kills


def test_a_desk_killed_anywhere_loses_and_doubles_nothing() -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"again: cockpit bench kills --kills 6 --seed {seed}")
    figures = kills.run(kills.Plan(6, seed))
    assert figures["kills"] == 6
    # How soon a machine with other work on it starts a desk is not tested here; what the desk does once it is up, is.
    assert (figures["lost"], figures["doubled"], figures["invented"]) == (0, 0, 0), figures
    assert float(figures["hedged_after_up_s_max"]) < kills.BOUND_S, figures
    told = [text for text in str(figures["troubles"]).split("; ") if text and "after the restart" not in text]
    assert not told, figures
    assert int(figures["fills"]) > 0
    assert int(figures["cycles"]) > 0
