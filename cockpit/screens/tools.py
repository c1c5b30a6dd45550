"""The tools over the actions: help, palette, command line, jump mode, clipboard, the shell behind it all."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from textual import actions
from textual.binding import Binding
from textual.dom import DOMNode

from cockpit.actions.action import Action, Scope
from cockpit.actions.commands import Spoken, word_of
from cockpit.actions.registry import ACTIONS, BY_ID
from cockpit.command_history import CommandHistory
from cockpit.keymap import Keymap
from cockpit.link.client import Link
from cockpit.link.inprocess import InProcessLink
from cockpit.screens import clipboard
from cockpit.screens.command_line import CommandLine
from cockpit.screens.dialog import Dialog
from cockpit.screens.everywhere import EverywhereApp
from cockpit.screens.help import HelpDialog, MessagesDialog
from cockpit.screens.jump import JumpBar
from cockpit.screens.live import LiveScreen
from cockpit.screens.palette import PaletteDialog
from cockpit.screens.spoken import speak
from cockpit.screens.vocabulary import StoreWords
from venues.model import Clock
from widgets.desk_words import said
from widgets.i18n import LANGUAGES, _, language, plural
from widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Callable

    from cockpit.app import CockpitApp


@cache
def bound_ids(kind: type[DOMNode]) -> frozenset[str]:
    """Ids of every binding that nodes of a class have, its bases' too."""
    return frozenset(
        binding.id
        for base in kind.__mro__
        for binding in base.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding) and binding.id
    )


class ToolsApp(EverywhereApp):
    def __init__(self, link: Link, clock: Clock) -> None:
        super().__init__(link, clock)
        self.history = CommandHistory()
        self.keymap_in_use = Keymap()
        self.mistakes: tuple[str, ...] = ()
        """What was wrong with the user's files when the cockpit started."""

    # -- where an action works

    def _up_from_focus(self) -> list[DOMNode]:
        """From what has the keys up to the app, as a key press goes; the command line stands for what had them."""
        screen = self.screen
        line = self._open_line()
        start = (line.before if line is not None else screen.focused) or screen
        return list(start.ancestors_with_self) if start.is_attached else [self]

    def node_of(self, action: Action) -> DOMNode | None:
        """What an action would work on now; None where nothing here has it."""
        return next((node for node in self._up_from_focus() if action.binding_id in bound_ids(type(node))), None)

    def scopes(self) -> frozenset[Scope]:
        """Scopes that are bound now."""
        bound = {name for node in self._up_from_focus() for name in bound_ids(type(node))}
        return frozenset(action.scope for action in ACTIONS if action.binding_id in bound)

    def reachable(self) -> list[Action]:
        """Actions that can be done from here, by palette and command line."""
        return [action for action in ACTIONS if action.scope != "dialog" and not self.out_of_reach(action)]

    def out_of_reach(self, action: Action) -> str:
        """Why an action cannot be done from here, in words; empty where it can."""
        if self.node_of(action) is not None or (action.action.startswith("app.") and action.scope != "replay"):
            return ""
        words = _("{word} does not work on this screen; 0 goes back to the overview")
        return words.format(word=word_of(action))

    async def perform(self, action: Action, words: str = "") -> None:
        """Do an action as its key would, where one is; `words` become its last argument. Where it does not work
        here, say so."""
        if refusal := self.out_of_reach(action):
            self.say(refusal, "warning")
            return
        namespace, name, args = actions.parse(action.action)
        if words:
            args = (*args, words)
        with self.enter.let_through():
            await self.run_action((namespace, name, args), default_namespace=self.node_of(action) or self)

    # -- help

    def action_help(self) -> None:
        self.push_screen(HelpDialog(self.scopes()))

    def action_messages(self) -> None:
        self.push_screen(MessagesDialog(tuple(self.said)))

    def tell_mistakes(self) -> None:
        """What is wrong with the user's files: the first of it until it is read, all of it in `:messages`."""
        mistakes = [said(text) for text in (*self.mistakes, *self.themes.troubles, *self.ui.mistakes)]
        for mistake in mistakes[1:]:
            self.said.append((self.clock.now_ns(), "error", mistake))
        if mistakes:
            more = _(" (and {count} more: :messages)")
            self.say(mistakes[0] + (more.format(count=len(mistakes) - 1) if len(mistakes) > 1 else ""), "error")

    # -- palette

    def action_palette(self) -> None:
        """Chosen there, an action is done on the screen that the palette was called from."""
        if isinstance(self.screen, Dialog):
            return

        def chosen(name: str | None) -> None:
            if name is None:
                return
            self.enter.taken()
            action = BY_ID[name]
            if action.needs_words:
                self.action_command_line(f"{word_of(action)} ")
            else:
                self.run_worker(self.perform(action), group="palette")

        self.push_screen(PaletteDialog(self.reachable()), chosen)

    # -- command line

    def action_command_line(self, text: str = "") -> None:
        screen = self.screen
        if isinstance(screen, Dialog) or not isinstance(screen, LiveScreen):
            return
        line = self._open_line()
        if line is not None:
            line.entry.put(text)
            return
        screen.mount(CommandLine(self._speak, StoreWords(self.cockpit), self.history, text))

    def _open_line(self) -> CommandLine | None:
        """The command line of the screen on top, where one is open."""
        return next((line for line in self.screen.query(CommandLine) if not line.closed), None)

    async def _speak(self, spoken: Spoken, sure: Callable[[], None]) -> None:
        self.enter.taken()
        await speak(self.cockpit, spoken, sure)

    @property
    def cockpit(self) -> CockpitApp:
        """This app, by its own type."""
        return cast("CockpitApp", self)

    # -- jump mode

    def action_jump(self) -> None:
        screen = self.screen
        if isinstance(screen, LiveScreen) and not isinstance(screen, Dialog) and not screen.query(JumpBar):
            targets = [node for node in screen.focus_chain if isinstance(node, Panel)]
            screen.mount(JumpBar(targets))

    # -- clipboard

    def copy(self, text: str, what: str = "") -> None:
        """To the clipboard of the terminal; says what went there, or why nothing did."""
        try:
            sequence = clipboard.sequence(text, os.environ)
        except clipboard.TooLong:
            limit = clipboard.LIMIT // 1000
            words = _("not copied: {size} kB, a terminal takes at most {limit} kB; filter the table first")
            self.say(words.format(size=len(text.encode()) // 1000, limit=limit), "warning")
            return
        if self._driver is not None:
            self._driver.write(sequence)
        lines = text.count("\n") + 1
        words = plural("copied {what}: {count} line", "copied {what}: {count} lines", lines)
        self.say(words.format(what=what or _("text"), count=lines))

    # -- looks and the shell

    def action_next_language(self) -> None:
        codes = list(LANGUAGES)
        code = codes[(codes.index(language()) + 1) % len(codes)]
        self.use_language(code)
        self.say(LANGUAGES[code])

    def action_suspend(self) -> None:
        """Back to the shell; a desk inside this process would stand still, which it must not."""
        if isinstance(self.link, InProcessLink):
            words = _("the desk runs inside this process and must not stand still; start cockpit without --embedded")
            self.say(words, "warning")
            return
        self.action_suspend_process()
