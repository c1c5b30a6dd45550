"""What a line on the command line means: words, mistakes, completion."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cockpit.actions.commands import CommandError, candidates, complete, parse


class Some:
    """Words of every kind."""

    def words(self, kind: str, before: Sequence[str]) -> Sequence[str]:
        known = {
            "ACCOUNT": ["lighter", "extended", "okx"],
            "LOOP": ["hedge-1", "hedge-2"],
            "PARAM": ["size", "slippage", "slippage_max"],
            "THEME": ["harbor", "signal"],
            "VALUE": [f"value of {before[-1]}" if before else ""],
            "NAME=VALUE": ["maker=", "maker=lighter"] if before else [],
        }
        return known.get(kind, [])


@pytest.mark.parametrize("line", ["", "   ", ":", "  : "])
def test_nothing_said_is_nothing_to_do(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("paus", ("paus", "nearest: pause")),
        ("wurst", ("wurst is no command", "tab shows")),
        ("size", ("expected :size SIZE",)),
        ("set size", ("expected :set PARAM VALUE",)),
        ("size 1 2", ("expected :size SIZE",)),
        ("history 3", ("history takes nothing behind it",)),
        ("cancel", ("no command",)),
    ],
)
def test_a_mistake_says_what_would_be_right(line: str, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as caught:
        parse(line)
    for word in words:
        assert word in str(caught.value)


def test_words_and_ids_and_a_colon_too_many() -> None:
    for line in ("pause", ":pause", "PAUSE", " pause  "):
        spoken = parse(line)
        assert spoken is not None
        assert spoken.action.id == "pause"
    spoken = parse("launch hedge maker=a taker=b size=0.1")
    assert spoken is not None
    assert spoken.args == ("hedge", "maker=a", "taker=b", "size=0.1")
    spoken = parse("size.up")
    assert spoken is not None
    assert spoken.action.id == "size.up"


def test_completion() -> None:
    assert complete("pau", Some()) == "pause "
    assert complete("acct li", Some()) == "acct lighter "
    assert complete("pause hed", Some()) == "pause hedge-"
    assert complete("pause a", Some()) == "pause all "
    assert complete("set sl", Some()) == "set slippage"
    assert complete("stop hedge-1 f", Some()) == "stop hedge-1 flatten "
    assert complete("theme H", Some()) == "theme harbor "
    assert complete("launch h", Some()) == "launch hedge "
    assert complete("launch hedge m", Some()) == "launch hedge maker="
    assert complete("wurst wa", Some()) == "wurst wa"
    assert complete("pause x", Some()) == "pause x"
    assert complete("pause hedge-1 x", Some()) == "pause hedge-1 x"


def test_candidates_of_an_empty_line_are_the_commands() -> None:
    typed, near = candidates("", Some())
    assert typed == ""
    assert {"pause", "flatten", "orders", "q"} <= set(near)
    assert "size.up" not in near
    assert "size.up" in candidates("size.", Some())[1]
