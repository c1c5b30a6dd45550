"""The user's keymap: what it may say, and that no mistake in it stops the cockpit."""

from __future__ import annotations

from pathlib import Path

import pytest
import scenes
from face_kit import Face, settled

from cockpit.actions import keys
from cockpit.actions.registry import ACTIONS, BY_ID, at_place, places
from cockpit.keymap import PRESETS, Keymap, load, parse
from cockpit.link.messages import Pause
from cockpit.screens.flatten import FlattenDialog
from cockpit.screens.live import LiveScreen
from widgets.lines import Lines


def only_problem(text: str) -> str:
    found = parse(text, "keymap.toml")
    assert len(found.problems) == 1, found.problems
    return found.problems[0]


def test_no_file_is_no_mistake(tmp_path: Path) -> None:
    assert load(tmp_path) == Keymap()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "keymap.toml").mkdir()
    found = load(tmp_path)
    assert found.keys == {}
    assert "cannot be read" in found.problems[0]
    assert str(tmp_path / "keymap.toml") in found.problems[0]


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "keymap.toml").write_bytes(b"[keys]\npause = '\xff'\n")
    assert "cannot be read" in load(tmp_path).problems[0]


def test_toml_mistakes_name_the_line_and_the_default_holds() -> None:
    found = parse('[keys]\npause = "p\n', "keymap.toml")
    assert found.keys == {}
    assert "line 2" in found.problems[0]
    assert "default keys hold" in found.problems[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[keys]\n\n"overview.puase" = "p"\n', ("line 3", "'p'", "no action has this id", "passed over")),
        ('[keys]\npause = "ctlr+p"\n', ("line 2", "ctlr+p", "no key has the name", "it keeps p")),
        ('[keys]\npause = "p, wurst"\n', ("line 2", "'wurst'")),
        ("[keys]\npause = 3\n", ("line 2", "= 3", "expected keys as text")),
        ('[keys]\npause = ["p", 3]\n', ("line 2", "expected keys as text")),
        ('[keys]\npause = "o"\n', ("line 2", "key o is orders's", "it keeps p")),
        ('[keys]\nflatten = "k"\n', ("line 2", "needs ctrl or a function key", "it keeps ^x")),
        ('[keys]\nflatten = "K"\n', ("line 2", "needs ctrl or a function key")),
        ('[keys]\n"resume.all" = "space"\n', ("line 2", "needs a capital")),
        ('[keys]\nlive = "5"\n', ("line 2", "needs a capital")),
        ('[keys]\nflatten = "ctrl+m"\n', ("line 2", "terminals send ctrl+m for enter")),
        ('preset = "emacs"\n', ("line 1", "'emacs'", "expected one of default, vim")),
        ("keys = 3\n", ("line 1", "expected a table")),
        ("presets = 3\n", ("line 1", "expected preset or a table")),
    ],
)
def test_a_mistake_names_line_value_and_what_holds(text: str, words: tuple[str, ...]) -> None:
    problem = only_problem(text)
    assert problem.startswith("keymap.toml")
    for word in words:
        assert word in problem
    assert parse(text, "keymap.toml").keys == {}


def test_one_mistake_costs_its_own_line_alone() -> None:
    found = parse('[keys]\npause = "wurst"\nresume = "ctrl+r"\n', "keymap.toml")
    assert found.keys == {"resume": "ctrl+r"}
    assert len(found.problems) == 1


def test_of_two_lines_that_want_one_key_the_later_gives_way() -> None:
    found = parse('[keys]\npause = "ctrl+k"\nresume = "ctrl+k"\n', "keymap.toml")
    assert found.keys == {"pause": "ctrl+k"}
    assert "line 3" in found.problems[0]


def test_two_actions_may_swap_their_keys() -> None:
    found = parse('[keys]\npause = "r"\nresume = "p"\n', "keymap.toml")
    assert found.problems == ()
    assert found.keys == {"pause": "r", "resume": "p"}


def test_a_chain_of_clashes_ends_with_every_key_meaning_one_thing() -> None:
    found = parse('[keys]\npause = "r"\nresume = "e"\nedit = "o"\n', "keymap.toml")
    assert len(found.problems) == 3
    assert found.keys == {}


def test_several_keys_as_text_or_as_a_list_and_as_a_person_writes_them() -> None:
    found = parse('[keys]\npause = "p, ctrl+k"\nhelp = ["?", "f1", "f2"]\nsettings = ","\n"loop.edit" = "^e"\n', "f")
    assert found.problems == ()
    assert found.keys == {"pause": "p,ctrl+k", "help": "question_mark,f1,f2", "edit": "ctrl+e"}


def test_an_empty_text_takes_the_key_away() -> None:
    found = parse('[keys]\npause = ""\n', "f")
    assert found.problems == ()
    assert found.keys == {"pause": ""}


def test_dotted_names_need_no_quotes() -> None:
    assert parse('[keys]\nsize.up = "plus"\n', "f").problems != ()
    assert parse('[keys]\nsize.up = "f9"\n', "f").keys == {"size.up": "f9"}


def test_a_dangerous_action_may_have_a_function_key_or_ctrl() -> None:
    assert parse('[keys]\nflatten = "ctrl+x,f12"\n', "f").keys == {"flatten": "ctrl+x,f12"}
    assert parse('[keys]\n"resume.all" = "f8"\n', "f").keys == {"resume.all": "f8"}


@pytest.mark.parametrize("preset", list(PRESETS))
def test_presets_are_sound(preset: str) -> None:
    """No key means two things at one place, nothing dangerous is moved, every id exists."""
    chosen = PRESETS[preset]
    assert set(chosen) <= set(BY_ID)
    assert not any(BY_ID[name].dangerous for name in chosen)
    for place, scopes in places().items():
        seen: dict[str, str] = {}
        for action in at_place(scopes):
            for key in filter(None, chosen.get(action.id, action.keys).split(",")):
                assert key not in seen, f"{place}: {key} is {seen.get(key)} and {action.id}"
                seen[key] = action.id
    assert parse(f'preset = "{preset}"\n', "f") == Keymap(preset, dict(chosen), ())


def test_names_of_keys() -> None:
    for written, name in {
        "a": "a", "A": "A", "shift+a": "A", "?": "question_mark", "^x": "ctrl+x", "Ctrl+X": "ctrl+x", " f5 ": "f5",
        "shift+ctrl+up": "ctrl+shift+up", "@": "at", ":": "colon", "_": "underscore", "pageup": "pageup",
    }.items():  # fmt: skip
        assert keys.read(written) == name, written
    for wrong in ("", "wurst", "ctrl+", "ctrl+ctrl+a", "f99", "kontrol+a", "  "):
        assert keys.read(wrong) is None, wrong


def test_every_key_of_the_registry_is_one_that_a_keymap_could_name() -> None:
    for action in ACTIONS:
        for key in filter(None, action.keys.split(",")):
            assert keys.read(key) == key, key


# -- in the cockpit


def bar(face: Face) -> str:
    screen = face.app.screen
    assert isinstance(screen, LiveScreen)
    return screen.keybar.message


async def test_the_cockpit_has_the_users_keys_in_bindings_bar_and_help() -> None:
    face = Face(scenes.busy(), keymap=parse('[keys]\npause = "f7"\n', "f"))
    async with face.app.run_test(size=(160, 50)) as pilot:
        await pilot.press("p")
        await settled(pilot)
        assert face.link.sent == []
        await pilot.press("f7")
        await settled(pilot)
        assert face.link.sent == [Pause("hedge-1")]
        await pilot.press("question_mark")
        await settled(pilot)
        assert "F7" in "".join(column.text for column in face.app.screen.query("Lines.helpcolumn").results(Lines))


async def test_an_action_without_a_key_can_be_given_one() -> None:
    face = Face(scenes.busy(), keymap=parse('[keys]\nlanguage = "f9"\n', "f"))
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f9")
        await settled(pilot)
        assert "中文" in bar(face)
        await pilot.press("f9")
        await settled(pilot)


async def test_a_moved_chord_opens_and_confirms_by_its_new_key() -> None:
    face = Face(scenes.busy(), keymap=parse('[keys]\nflatten = "f12"\n', "f"))
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+x")
        await settled(pilot)
        assert not isinstance(face.app.screen, FlattenDialog)
        await pilot.press("f12")
        await settled(pilot)
        dialog = face.app.screen
        assert isinstance(dialog, FlattenDialog)
        assert "f12" in dialog.status.text
        face.clock.advance(0.5)
        await pilot.press("f12")
        face.later.run()
        await settled(pilot)
        assert len(face.link.sent) == 1


async def test_mistakes_stay_in_the_key_bar_until_read_and_are_told_whole() -> None:
    keymap = parse('[keys]\npause = "wurst"\nresume = "worst"\n', "/home/op/.config/cockpit/keymap.toml")
    face = Face(scenes.busy(), keymap=keymap)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        face.clock.advance(600)
        face.app.flush()
        assert "line 2" in bar(face)
        face.app.action_messages()
        await settled(pilot)
        text = " ".join(lines.text for lines in face.app.screen.query("#dialog Lines").results(Lines))
        assert "line 2" in text
        assert "line 3" in text
