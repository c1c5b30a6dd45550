"""A host on a rig's desk: commands as a client would send them, in virtual time."""

from __future__ import annotations

import itertools
import json
from typing import Any

from desk_kit import Rig

from cockpit.host.commands import DeskHost
from cockpit.link.messages import Ack, Command, Verb
from cockpit.link.rows import Tables

PID = 4711


class Host:
    """`ok` and `no` fail where the desk says the other thing."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.desk_host = DeskHost(rig.desk, PID)
        self._ids = itertools.count(1)

    def restarted(self) -> None:
        """The desk is killed and comes back on the same journal, with a host of its own."""
        self.rig.desk.journal.flush()
        self.rig.kill()
        self.rig.start()
        self.desk_host = DeskHost(self.rig.desk, PID + 1)

    def send(self, verb: Verb, id_: str = "", seconds: float = 0.1) -> Ack:
        command = Command(id_ or f"c{next(self._ids)}", "cli:op@host", verb)
        ack = self.rig.run(self.desk_host.execute(command))
        assert ack.id == command.id
        self.rig.pass_time(seconds)
        return ack

    def ok(self, verb: Verb, id_: str = "", seconds: float = 0.1) -> Any:
        ack = self.send(verb, id_, seconds)
        assert ack.ok, ack.error
        assert ack.error == ""
        return json.loads(bytes(ack.result))

    def no(self, verb: Verb) -> str:
        """The refusal's words; it left the desk as it was."""
        before = self.state()
        ack = self.send(verb, seconds=0.0)
        assert not ack.ok
        assert ack.error
        assert self.state() == before, "a refusal must not disturb"
        return ack.error

    def state(self) -> tuple[object, ...]:
        """All that a command could have changed."""
        rows = self.tables()
        return (rows.desk, rows.loops, rows.orders, rows.flattens, rows.positions, rows.alarms, rows.accounts)

    def tables(self) -> Tables:
        return self.desk_host.tables()
