"""The list of keys: complete, unique, explained."""

from __future__ import annotations

from collections import Counter

import pytest

from cockpit.actions.registry import ACTIONS, BY_ID, HELP_GROUPS, bindings, hints

EXPLAIN_THEMSELVES = {"cancel", "submit"} | {f"panel.{n}" for n in range(1, 7)}


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)


@pytest.mark.parametrize("scopes", [("app", "overview", "loop", "move"), ("app", "back", "move"), ("app", "dialog")])
def test_no_key_means_two_things_at_one_place(scopes: tuple[str, ...]) -> None:
    keys = Counter(name for key in ACTIONS if key.scope in scopes for name in key.keys.split(","))
    assert [name for name, count in keys.items() if count > 1] == []


def test_every_key_is_in_the_help_or_explains_itself() -> None:
    shown = [name for _title, ids in HELP_GROUPS for name in ids]
    assert len(shown) == len(set(shown))
    assert set(shown) | EXPLAIN_THEMSELVES == set(BY_ID)


def test_bindings_carry_id_and_tooltip() -> None:
    for binding in bindings("app", "overview", "loop", "move", "back", "dialog"):
        assert binding.id
        assert binding.tooltip
        assert binding.description


def test_help_fits_a_small_window() -> None:
    shown = [BY_ID[name] for _title, ids in HELP_GROUPS for name in ids]
    assert max(len(key.help) for key in shown) <= 45
    assert max(len(key.display) for key in shown) <= 9


def test_hints_join_keys_that_belong_together() -> None:
    assert hints("launch", "size") == [("n", "launch"), ("< >", "size")]


def test_keys_that_terminals_and_multiplexers_take_are_free() -> None:
    taken = {"ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+b", "ctrl+a", "f11"}
    assert not taken & {name for key in ACTIONS for name in key.keys.split(",")}
