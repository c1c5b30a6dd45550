"""Waiting for an app to come to rest by what it has still to do, where Textual waits by how busy the processor is: that
takes 20 ms and more for every key, and guesses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual._context import active_app
from textual.message_pump import MessagePump
from textual.screen import Screen

from widgets.terminal import TerminalApp
from widgets.type_ahead import ROUNDS, has_work

WORKERS_S = 0.04
"""So long workers are waited for; one that stands for a desk which does not answer goes on for ever."""
MOST_S = 5.0


def paint(screen: Screen[Any]) -> bool:
    """Do what the next paint would do, at once, or what a new size asks for. False where there is nothing to do."""
    if screen.app._resize_timer is not None:
        screen.app._check_resize()
        return True
    waits = (
        screen._dirty_widgets,
        screen._callbacks,
        screen._layout_required,
        screen._repaint_required,
        screen._scroll_required,
        screen._recompose_required,
    )
    if not any(waits) or screen.app._batch_count or not screen.is_mounted:
        return False
    screen._on_timer_update()
    return True


async def idle(_least: float = 0, _most: float = MOST_S) -> None:
    """Wait until nothing is queued, painted or worked on any more. Fails where that never comes."""
    app = active_app.get()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    quiet = 0
    pumps: list[MessagePump] = []
    while quiet < ROUNDS and app._running and app._exception is None:
        await asyncio.sleep(0)
        if loop.time() - begun > MOST_S:
            raise AssertionError(f"the app did not come to rest in {MOST_S:g} s")
        if not app._running or not app.screen_stack:
            return
        if quiet == 0:
            pumps = [app, *app.screen.walk_children(with_self=True)]
        if has_work(pumps) or (isinstance(app, TerminalApp) and app.type_ahead.waiting) or paint(app.screen):
            quiet = 0
            continue
        quiet += 1
        if quiet == ROUNDS and loop.time() - begun < WORKERS_S and any(not w.is_finished for w in app.workers):
            # a thread may be at work
            await asyncio.sleep(0.001)
            quiet = 0


def use(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", idle)
