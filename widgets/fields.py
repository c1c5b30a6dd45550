"""A form in a grid's clothes: one line per field, edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from widgets.desk_words import said
from widgets.i18n import _
from widgets.paint import Cell, Painted, Span, fit, width_of
from widgets.words import word

NAME_WIDTH_MOST = 26
VALUE_WIDTH, NARROW_VALUE = 20, 12
NARROW = 70
"""Columns below which values have less room, so that units and bounds are seen."""


@dataclass(slots=True)
class Field:
    name: str
    value: str
    doc: str = ""
    unit: str = ""
    bounds: str = ""
    choices: tuple[str, ...] = ()
    """Where there are any, left and right walk through them; other text may still be typed if `free`."""
    free: bool = True
    required: bool = False
    was: str = ""
    """Value before the form was opened; another one is shown as a change."""
    error: str = ""

    @property
    def changed(self) -> bool:
        return self.value != self.was

    def shown(self, value: str) -> str:
        """A value as it is painted: one out of a closed list by its word, any other as it is."""
        return word("value", value) if self.choices and not self.free else value


class FieldList(Painted, can_focus=True):
    """Arrows walk the fields, typing edits, enter posts `Submitted`. Nothing typed is ever lost here."""

    DEFAULT_CSS = "FieldList { height: 1fr; }"

    class Moved(Message):
        """Another field has the cursor."""

    class Submitted(Message):
        """Enter was pressed."""

    def __init__(self, *, id: str = "fields") -> None:
        super().__init__(id=id)
        self.fields: list[Field] = []
        self.index = 0
        self._caret = 0
        self._fresh = True
        """The next typed character replaces the value, as nobody has edited it yet."""
        self._top = 0

    # -- content

    def load(self, fields: Sequence[Field]) -> None:
        """Take new fields, cursor on the first."""
        self.fields = list(fields)
        self.refresh(layout=True)
        self.go(0)

    @property
    def current(self) -> Field | None:
        return self.fields[self.index] if self.fields else None

    def values(self) -> dict[str, str]:
        """Name to value of every field that is not empty."""
        return {field.name: field.value.strip() for field in self.fields if field.value.strip()}

    def mark_error(self, text: str) -> bool:
        """Put the desk's complaint on the field it names (`name: …`) and the cursor there; False if none is named."""
        found = False
        for index, field in enumerate(self.fields):
            field.error = text if text.startswith(f"{field.name}:") else ""
            if field.error:
                found = True
                self.go(index)
        self.repaint()
        return found

    def go(self, index: int) -> None:
        """Cursor to a field; outside the list it stays."""
        if not 0 <= index < len(self.fields):
            return
        self.index = index
        self._caret = len(self.fields[index].value)
        self._fresh = True
        page = max(1, self.size.height)
        self._top = max(0, min(index, max(self._top, index - page + 1), len(self.fields) - 1))
        self.refresh()
        self.post_message(self.Moved())

    @property
    def at_end(self) -> bool:
        return self.index >= len(self.fields) - 1

    def on_resize(self, _event: events.Resize) -> None:
        self._top = 0
        self.go(self.index)

    def on_focus(self) -> None:
        self.repaint()

    def on_blur(self) -> None:
        self.repaint()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.fields)

    # -- keys

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Printable keys are text here, never bindings of the screen below."""
        return character is not None and character.isprintable()

    async def _on_key(self, event: events.Key) -> None:
        field = self.current
        if field is None:
            return
        if self._walk(event.key) or self._edit(field, event):
            event.stop()
            event.prevent_default()
            field.error = ""
            self.refresh()
        elif event.key == "enter":
            event.stop()
            self.post_message(self.Submitted())

    def _walk(self, key: str) -> bool:
        steps = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8}.get(key)
        if steps is None:
            return False
        self.go(max(0, min(len(self.fields) - 1, self.index + steps)))
        return True

    def _edit(self, field: Field, event: events.Key) -> bool:
        key = event.key
        if (field.choices and key in ("left", "right")) or (field.choices and not field.free and key == "space"):
            now = field.choices.index(field.value) if field.value in field.choices else -1
            self._set(field, field.choices[(now + (-1 if key == "left" else 1)) % len(field.choices)])
        elif key in ("left", "right"):
            self._fresh = False
            self._caret = max(0, min(len(field.value), self._caret + (1 if key == "right" else -1)))
        elif key in ("home", "end"):
            self._fresh = False
            self._caret = 0 if key == "home" else len(field.value)
        elif key == "backspace":
            self._fresh = False
            self._set(field, field.value[: max(0, self._caret - 1)] + field.value[self._caret :], self._caret - 1)
        elif key == "delete":
            self._set(field, field.value[: self._caret] + field.value[self._caret + 1 :], self._caret)
        elif key == "ctrl+u":
            self._set(field, "")
        elif event.is_printable and event.character:
            self._type(field, event.character)
        else:
            return False
        return True

    def _type(self, field: Field, text: str) -> None:
        if field.choices and not field.free:
            match = [choice for choice in field.choices if choice.startswith(text.lower())]
            if match:
                self._set(field, match[(match.index(field.value) + 1) % len(match) if field.value in match else 0])
            return
        if self._fresh:
            self._set(field, text)
        else:
            self._set(field, field.value[: self._caret] + text + field.value[self._caret :], self._caret + len(text))
        self._fresh = False

    def _set(self, field: Field, value: str, caret: int | None = None) -> None:
        field.value = value
        self._caret = max(0, len(value) if caret is None else caret)

    def on_paste(self, event: events.Paste) -> None:
        if self.current is not None:
            event.stop()
            self._type(self.current, "".join(event.text.split()))
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        self.go(event.y - self.gutter.top + self._top)

    # -- paint

    def render_line(self, y: int) -> Strip:
        self.lines_painted += 1
        index = y + self._top
        width = self.size.width
        if index >= len(self.fields):
            return self.strip_of((), width)
        field = self.fields[index]
        own = index == self.index and self.has_focus
        names = min(NAME_WIDTH_MOST, max(len(f.name) for f in self.fields))
        spans: list[Span] = [("▌" if own else " ", "accent"), (f"{field.name:<{names}}  ", "bright" if own else "text")]
        value = self._value(field, own)
        spans += [*value, (" " * max(1, (VALUE_WIDTH if width >= NARROW else NARROW_VALUE) - width_of(value)), "text")]
        if field.error:
            spans.append(("✗ " + said(field.error).removeprefix(f"{field.name}: "), "crit"))
        else:
            if field.required and not field.value:
                spans.append((f"{_('required')}  ", "warn"))
            unit = word("unit", field.unit)
            spans.append((unit + " " * (7 - cell_len(unit)), "text"))
            spans.append((field.bounds or " ".join(word("value", choice or "none") for choice in field.choices), "dim"))
        return self.strip_of(fit(tuple(spans), width), width, "cursor" if own else "")

    def _value(self, field: Field, own: bool) -> Cell:
        ink = "staged" if field.changed else "text"
        before: Cell = ((f"{field.shown(field.was)} → ", "dim"),) if field.changed and field.was else ()
        value = field.shown(field.value)
        if field.choices and own:
            return (*before, ("‹ ", "accent"), (value, ink), (" ›", "accent"))
        if not own:
            return (*before, (value or "–", ink if value else "dim"))
        if self._fresh and value:
            return (*before, (value, "badge-paper"))
        at = self._caret
        caret = field.value[at : at + 1] or " "
        return (*before, (field.value[:at], ink), (caret, "badge-paper"), (field.value[at + 1 :], ink))
