"""Commands of all clients on their way to the desk: one after the other, each id once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TypeAlias

from cockpit.link.desk_port import DeskPort
from cockpit.link.messages import Ack, Command, Query, Verb

MAX_WAITING = 256
"""Commands that may wait for the desk, all clients together; more are refused at once."""

MAX_QUERIES = 32
"""Queries at work at the same time."""

REMEMBERED = 1024
"""Answers kept for repeated ids."""

Reply: TypeAlias = Callable[[Ack], None]


class _Entry:
    """A command that has been taken and who waits for its answer."""

    def __init__(self, command: Command, reply: Reply) -> None:
        self.command = command
        self.replies = [reply]


class Dispatcher:
    """Serialises what changes the desk; queries go beside it, so that a long export never delays a flatten.

    A repeated id joins the command at work, or gets the first answer again, and does nothing twice.
    """

    def __init__(self, desk: DeskPort, on_executed: Callable[[], None]) -> None:
        self._desk = desk
        self._on_executed = on_executed
        self._waiting: deque[_Entry] = deque()
        self._at_work: dict[str, _Entry] = {}
        self._answers: OrderedDict[str, tuple[Verb, Ack]] = OrderedDict()
        self._worker: asyncio.Task[None] | None = None
        self._queries: set[asyncio.Task[None]] = set()

    def submit(self, command: Command, reply: Reply) -> None:
        """Take a command; `reply` is called once, at once or later, on the event loop."""
        if isinstance(command.verb, Query):
            self._query(command, reply)
            return
        answered = self._answers.get(command.id)
        entry = self._at_work.get(command.id)
        known = answered[0] if answered else entry.command.verb if entry else command.verb
        if known != command.verb:
            text = f"id: {command.id!r} was used for another command; expected a new id"
            reply(Ack(command.id, ok=False, error=text))
        elif answered:
            reply(answered[1])
        elif entry:
            entry.replies.append(reply)
        elif len(self._at_work) >= MAX_WAITING:
            text = f"the desk is busy: {MAX_WAITING} commands wait already; nothing was done, try again"
            reply(Ack(command.id, ok=False, error=text))
        else:
            entry = _Entry(command, reply)
            self._at_work[command.id] = entry
            self._waiting.append(entry)
            if self._worker is None or self._worker.done():
                self._worker = asyncio.get_running_loop().create_task(self._work())

    async def close(self, grace: float) -> None:
        """Let what is at work end, for `grace` seconds at the most; what still waits is refused."""
        for entry in self._waiting:
            self._finish(entry, Ack(entry.command.id, ok=False, error="the desk is stopping; nothing was done"))
        self._waiting.clear()
        tasks = {task for task in (self._worker, *self._queries) if task is not None and not task.done()}
        tasks.discard(asyncio.current_task())
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()

    async def _work(self) -> None:
        while self._waiting:
            entry = self._waiting.popleft()
            ack = await self._execute(entry.command)
            self._answers[entry.command.id] = (entry.command.verb, ack)
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
            self._on_executed()
            self._finish(entry, ack)

    def _finish(self, entry: _Entry, ack: Ack) -> None:
        self._at_work.pop(entry.command.id, None)
        for reply in entry.replies:
            reply(ack)

    def _query(self, command: Command, reply: Reply) -> None:
        if len(self._queries) >= MAX_QUERIES:
            text = f"the desk is busy: {MAX_QUERIES} queries are at work already; try again"
            reply(Ack(command.id, ok=False, error=text))
            return

        async def answer() -> None:
            reply(await self._execute(command))

        task = asyncio.get_running_loop().create_task(answer())
        self._queries.add(task)
        task.add_done_callback(self._queries.discard)

    async def _execute(self, command: Command) -> Ack:
        """The desk's answer. A fault of the desk itself becomes an answer too, and is told to the loop's handler."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._desk.execute(command))
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if task.cancelled():
            return Ack(command.id, ok=False, error="the desk is stopping; look at the status before repeating this")
        error = task.exception()
        if error is None:
            return task.result()
        loop.call_exception_handler({"message": f"the desk failed on {command.verb!r}", "exception": error})
        return Ack(command.id, ok=False, error=f"the desk failed on this command: {type(error).__name__}: {error}")
