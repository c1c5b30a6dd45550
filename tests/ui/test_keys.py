"""The list of actions: complete, unique, explained; no key means two things at one place."""

from __future__ import annotations

from collections import Counter
from importlib import import_module

import pytest

from cockpit.actions import keys
from cockpit.actions.action import Action, Level
from cockpit.actions.registry import ACTIONS, BY_ID, SAFETY, at_place, bindings, hints, places
from cockpit.screens.catalogue import SCREENS
from cockpit.screens.help import groups
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.tools import bound_ids

KEPT_FREE = {"ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+b", "ctrl+a", "f11"}
"""Terminals and multiplexers take these."""


@pytest.fixture(autouse=True)
def own_keys() -> None:
    keys.use({})


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)


def test_words_of_the_command_line_are_unique() -> None:
    words = Counter(action.command for action in ACTIONS if action.command)
    assert [word for word, count in words.items() if count > 1] == []
    for word in words:
        assert word not in BY_ID or BY_ID[word].command in (word, ""), f"{word} is another action's id"


@pytest.mark.parametrize("place", sorted(places()))
def test_no_key_means_two_things_at_one_place(place: str) -> None:
    scopes = places()[place]  # type: ignore[index]  # names come from the same table
    found = Counter(key for action in at_place(scopes) for key in action.keys.split(",") if key)
    assert [key for key, count in found.items() if count > 1] == []


@pytest.mark.parametrize("name", ["overview", *SCREENS])
def test_places_are_what_the_screens_bind(name: str) -> None:
    """What `places` says of a screen holds every scope that its class binds, so that clashes are found."""
    if name == "overview":
        kind: type = OverviewScreen
    else:
        module, _colon, attribute = SCREENS[name].partition(":")
        kind = getattr(import_module(module), attribute)
    ids = bound_ids(kind)
    bound = {action.scope for action in ACTIONS if action.binding_id in ids} | {"app"}
    assert any(bound <= set(scopes) for scopes in places().values()), f"add {name} to PLACES: {sorted(bound)}"


def test_bindings_carry_id_and_tooltip() -> None:
    for binding in bindings(*{action.scope for action in ACTIONS}):
        assert binding.id
        assert binding.tooltip
        assert binding.description


def test_help_fits_a_small_window() -> None:
    assert [action.id for action in ACTIONS if len(action.help) > 45 and action.scope != "dialog"] == []
    assert [action.id for action in ACTIONS if len(keys.display(action)) > 9] == []


def test_the_help_shows_every_key_of_its_screen_once_and_safety_first() -> None:
    for scopes in places().values():
        shown = [action.id for _title, actions in groups(scopes) for action in actions]
        assert len(shown) == len(set(shown))
        assert set(shown) == {action.id for action in at_place(scopes) if action.keys}
    first, actions = groups(places()["overview"])[0]
    assert first == "Safety"
    assert [action.id for action in actions] == [name for name in SAFETY if name in {a.id for a in actions}]


def test_hints_join_keys_that_belong_together() -> None:
    assert hints("launch", "size") == [("n", "launch"), ("< >", "size")]


def test_hints_follow_the_keymap_and_leave_out_what_has_no_key() -> None:
    keys.use({"launch": "f7", "size.up": "f8", "edit": ""})
    assert hints("launch", "size", "edit") == [("F7", "launch"), ("< F8", "size")]


def test_keys_that_terminals_and_multiplexers_take_are_free() -> None:
    assert not KEPT_FREE & {key for action in ACTIONS for key in action.keys.split(",")}


def unguarded(action: Action) -> list[str]:
    """Keys of a dangerous action that are pressed too easily."""
    return [key for key in action.keys.split(",") if key and keys.is_plain(key)]


def test_dangerous_actions_are_on_no_plain_key() -> None:
    """`x` alone is one: it opens a question about one loop, whose mildest answer is no danger, and Cancel has the
    focus."""
    assert {a.id: unguarded(a) for a in ACTIONS if a.dangerous and unguarded(a)} == {
        name: found for name, found in {"stop": ["x"], "account.resume": ["r"]}.items() if name in BY_ID
    }


def test_what_closes_positions_is_behind_a_chord() -> None:
    for name in ("flatten", "reduce"):
        assert BY_ID[name].level is Level.CHORD
        assert BY_ID[name].keys.startswith("ctrl+")
