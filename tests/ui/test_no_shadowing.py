"""A name of ours that Textual has already, for something else, breaks it far away: none may, but those it asks for."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from textual.app import App
from textual.dom import DOMNode

import cockpit
import widgets

ASKED_FOR = frozenset((
    "_display", "_on_key", "can_focus", "can_focus_children", "check_action", "check_consume_key", "compose",
    "export_screenshot",
    "get_content_height", "get_content_width", "get_default_screen", "get_line_filters", "get_theme_variable_defaults",
    "notify_style_update", "refresh", "render_line", "size",
))  # fmt: skip
"""Overridden on purpose."""
BEGINNINGS = ("__", "on_", "action_", "watch_", "compute_", "validate_", "key_", "_css", "_inherit", "_merged",
    "_decorated", "_reactives", "_computes")  # fmt: skip
"""Of what Textual calls or makes by itself."""


def modules() -> Iterator[str]:
    for package in (cockpit, widgets):
        root = Path(str(package.__file__)).parent
        folders = [root / "screens", root] if package is cockpit else [root]
        for folder in folders:
            for file in sorted(folder.glob("*.py")):
                if file.stem not in ("__main__",):
                    yield ".".join((package.__name__, *file.relative_to(root).with_suffix("").parts))


def ours() -> Iterator[type]:
    seen: set[type] = set()
    for name in modules():
        for _name, kind in inspect.getmembers(import_module(name), inspect.isclass):
            if issubclass(kind, DOMNode) and kind.__module__ == name and kind not in seen:
                seen.add(kind)
                yield kind


@pytest.mark.parametrize("kind", list(ours()), ids=lambda kind: kind.__name__)
def test_no_name_is_textuals(kind: type) -> None:
    theirs = {
        name
        for base in kind.__mro__
        if base.__module__.startswith("textual.")
        for name in base.__dict__
        if not name.isupper()
    }
    clashes = {
        name
        for name in kind.__dict__
        if name in theirs and name not in ASKED_FOR and not name.startswith(BEGINNINGS) and not name.isupper()
    }
    assert clashes == set()


def test_the_app_itself_is_looked_at() -> None:
    assert any(issubclass(kind, App) for kind in ours())
