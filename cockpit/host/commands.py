"""The operator's commands: carried out once by their id, journaled, and acknowledged when they are on disk."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Collection
from typing import Protocol, runtime_checkable

import msgspec

from cockpit.desk.accounts import Trading
from cockpit.desk.desk import Desk
from cockpit.desk.flatten_job import Job, Scope, Spec
from cockpit.desk.loops import StopMode
from cockpit.desk.pairing import loop_mode
from cockpit.desk.reach import reach_of
from cockpit.desk.refusals import LaunchError
from cockpit.host.queries import Answer, Queries, encode, fraction_of, reach_answer
from cockpit.host.reading import Reading
from cockpit.host.rows import flatten_row
from cockpit.host.view import DeskView
from cockpit.host.words import source_of, words_of
from cockpit.link import messages as m
from cockpit.link.origin import printable
from cockpit.link.rows import Tables
from strategies.params import ParamError
from venues.model import VenueError

REMEMBERED = 4_096

EMERGENCIES = (m.Flatten, m.Reduce, m.FlattenCancel, m.Pause, m.Stop, m.Shutdown)
"""What is answered even where the disk takes nothing: the operator must be able to act."""
EMERGENCY_DISK_S = 2.0

TELL_THEMSELVES = (m.Query, m.Launch, m.SetParams, m.GoLive, m.AckAlarm)
"""What says by itself, in more than the command's own words, what came of it and who asked."""

WATCHING = "this client only watches (it was started with --watch); nothing was done"


@runtime_checkable
class Faulty(Protocol):
    """A venue whose faults can be switched on: the paper exchange, in this process or in its own."""

    def fault(self, kind: str) -> Awaitable[None] | None: ...


class DeskHost:
    """The desk as the link sees it (`DeskPort`). `reading`: where the journal is read for clients, see there."""

    def __init__(self, desk: Desk, pid: int, reading: Reading | None = None) -> None:
        self._desk = desk
        self._pid = pid
        self._view = DeskView(desk, pid)
        self._queries = Queries(desk, reading)
        self._answers: OrderedDict[str, asyncio.Future[m.Ack]] = OrderedDict()
        self.shutdown = asyncio.Event()
        """Set when a client asked the desk to stop."""

    @property
    def version(self) -> str:
        return self._desk.version

    @property
    def pid(self) -> int:
        return self._pid

    def tables(self) -> Tables:
        return self._view.tables()

    async def execute(self, command: m.Command) -> m.Ack:
        """Carry out, or give the first answer again where the id was seen before, in this run or an earlier one."""
        command = msgspec.structs.replace(command, origin=printable(command.origin))
        if isinstance(command.verb, m.Query):
            return await self._try(command)
        known = self._answers.get(command.id)
        if known is not None:
            return await asyncio.shield(known)
        answer: asyncio.Future[m.Ack] = asyncio.get_running_loop().create_future()
        self._answers[command.id] = answer
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        try:
            ack = self._from_before(command.id) or await self._first(command)
        except BaseException:
            # a defect, or the desk is being cut off: whoever asks again must not wait for an answer that never comes
            self._answers.pop(command.id, None)
            answer.cancel()
            raise
        answer.set_result(ack)
        return ack

    async def _first(self, command: m.Command) -> m.Ack:
        """Carry out, and answer once the answer is on disk."""
        ack = await self._try(command)
        self._desk.journal.command(
            command.id,
            ts=self._desk.clock.now_ns(),
            origin=command.origin,
            verb=msgspec.json.encode(command.verb).decode(),
            ok=ack.ok,
            error=ack.error,
            result=bytes(ack.result).decode(),
        )
        patience = EMERGENCY_DISK_S if isinstance(command.verb, EMERGENCIES) else None
        try:
            await asyncio.wait_for(self._desk.journal.barrier(), patience)
        except TimeoutError:
            text = f"{type(command.verb).__name__.lower()} is done, but the journal has not taken it: look at the disk"
            self._desk.alarms.sound("journal/command", "critical", text)
        return ack

    def _from_before(self, command_id: str) -> m.Ack | None:
        row = self._desk.journal.reader().command(command_id)
        if row is None:
            return None
        return m.Ack(row.id, row.ok, row.error, msgspec.Raw(row.result.encode()))

    async def _try(self, command: m.Command) -> m.Ack:
        """Every client sees in the log what was asked, by whom, and why it was refused."""
        verb, by = command.verb, command.origin
        asked = isinstance(verb, m.Query)
        try:
            if command.watch and not asked:
                raise LaunchError(WATCHING)
            result = await self._do(command)
        except (LaunchError, ParamError) as error:
            if not asked:
                self._desk.alarms.say("warning", source_of(verb), f"{words_of(verb)}: refused ({by}): {error}")
            return m.Ack(command.id, False, str(error))
        if not isinstance(verb, TELL_THEMSELVES):
            level = "warning" if isinstance(verb, m.Fault) else "info"
            self._desk.alarms.say(level, source_of(verb), f"{words_of(verb)} by {by}")
        return m.Ack(command.id, True, "", encode(result))

    async def _do(self, command: m.Command) -> Answer:
        desk, verb = self._desk, command.verb
        match verb:
            case m.Query():
                return await self._queries.ask(verb.what, verb.args)
            case m.Launch():
                return self._launch(verb, command.origin)
            case m.SetParams():
                loop = desk.loops.set_params(verb.loop, verb.changes, origin=command.origin, command_id=command.id)
                return {"loop": loop.id, "pending": loop.pending}
            case m.Pause():
                return self._pause(verb.loop, command.origin)
            case m.Resume():
                return self._resume(verb.loop)
            case m.Stop():
                return self._stop(verb)
            case m.Flatten():
                return self._row(self._flatten(verb))
            case m.Reduce():
                return self._row(self._reduce(verb))
            case m.FlattenCancel():
                return self._cancel(verb.id)
            case m.ResumeAccount():
                return self._resume_account(verb.account)
            case m.GoLive():
                return await self._go_live(verb, command.origin)
            case m.AckAlarm():
                return self._acknowledge(verb, command.origin)
            case m.Fault():
                return await self._fault(verb)
            case m.Shutdown():
                self.shutdown.set()
                return {"pid": self._pid}

    # -- loops

    def _launch(self, verb: m.Launch, origin: str) -> Answer:
        desk = self._desk
        loop = desk.loops.launch(verb.strategy, verb.params, mix=verb.mix)
        desk.alarms.say("info", loop.id, f"launched by {origin}, {loop_mode(desk, loop.legs).upper()}")
        reaches = reach_of(desk, loop.strategy, loop.params, loop.legs, loop.id)
        return {"loop": loop.id} | reach_answer(desk, reaches)

    def _pause(self, loop_id: str, origin: str) -> Answer:
        loops = list(self._desk.loops.find(loop_id))
        for loop in loops:
            self._desk.loops.pause(loop, f"by {origin}")
        if loop_id == "all":
            self._desk.deny_entries(f"stopped by {origin}")
        return {"paused": [loop.id for loop in loops]}

    def _resume(self, loop_id: str) -> Answer:
        desk = self._desk
        self._refuse_while_at_work(desk.accounts)
        if loop_id == "all":
            desk.deny_entries("")
            for account in desk.accounts.values():
                if account.trading is not Trading.ACTIVE:
                    desk.set_trading(account, Trading.ACTIVE, "")
        loops = list(desk.loops.find(loop_id))
        for loop in loops:
            for leg in loop.legs.values():
                account = desk.accounts[leg.account]
                if account.trading is not Trading.ACTIVE:
                    raise LaunchError(f"account {account.name} is {account.trading.value}: {account.note}")
        for loop in loops:
            desk.loops.resume(loop)
        return {"resumed": [loop.id for loop in loops]}

    def _at_work(self, accounts: Collection[str]) -> list[str]:
        """The flattens and reduces that are at work on any of `accounts`."""
        jobs = [job for job in self._desk.flattener.jobs.values() if not job.state.ended]
        return [job.spec.id for job in jobs if not set(accounts).isdisjoint(job.spec.accounts)]

    def _refuse_while_at_work(self, accounts: Collection[str]) -> None:
        working = self._at_work(accounts)
        if working:
            raise LaunchError(f"{', '.join(working)} is still at work; wait for it or cancel it first")

    def _stop(self, verb: m.Stop) -> Answer:
        try:
            mode = StopMode(verb.mode)
        except ValueError:
            raise LaunchError(f"mode: {verb.mode!r} is not valid; expected one of {', '.join(StopMode)}") from None
        loops = list(self._desk.loops.find(verb.loop))
        for loop in loops:
            self._desk.loops.stop(loop, mode)
        return {"stopping": [loop.id for loop in loops], "mode": mode.value}

    # -- emergencies

    def _accounts(self, names: tuple[str, ...]) -> tuple[str, ...]:
        known = self._desk.accounts
        for name in names:
            if name not in known:
                raise LaunchError(f"account: {name!r} is not known; expected one of {', '.join(known)}")
        return names or tuple(known)

    def _traded(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """For an emergency: those named, or all but those that are only watched, for nothing of ours is there."""
        accounts = self._desk.accounts
        chosen = self._accounts(names)
        for name in names:
            if accounts[name].read_only:
                raise LaunchError(f"account: {name} is read-only: {accounts[name].read_only}")
        traded = tuple(name for name in chosen if not accounts[name].read_only)
        if not traded:
            raise LaunchError("account: every account is read-only; there is none to close anything on")
        return traded

    def _flatten(self, verb: m.Flatten) -> Job:
        try:
            scope = Scope(verb.scope)
        except ValueError:
            raise LaunchError(f"scope: {verb.scope!r} is not valid; expected one of {', '.join(Scope)}") from None
        accounts = self._traded(verb.accounts)
        named = self._accounts(verb.named) if verb.named else ()
        desk = self._desk
        return desk.flattener.start(
            Spec(id=desk.next_job_id(), kind="flatten", accounts=accounts, scope=scope.value, named=named)
        )

    def _reduce(self, verb: m.Reduce) -> Job:
        desk = self._desk
        fraction = fraction_of(verb.fraction)
        return desk.flattener.start(
            Spec(id=desk.next_job_id(), kind="reduce", accounts=self._traded(verb.accounts), fraction=fraction)
        )

    def _row(self, job: Job) -> Answer:
        return flatten_row(job)

    def _cancel(self, job_id: str) -> Answer:
        job = self._desk.flattener.jobs.get(job_id)
        if job is None:
            known = ", ".join(self._desk.flattener.jobs) or "none was started"
            raise LaunchError(f"id: {job_id!r} is not known; expected one of: {known}")
        self._desk.flattener.cancel(job)
        return flatten_row(job)

    def _resume_account(self, name: str) -> Answer:
        (known,) = self._accounts((name,))
        account = self._desk.accounts[known]
        if account.suspect:
            # also under a flatten, which then goes on to close there; entries stay denied as long as it is at work
            self._desk.accept_report(account)
        else:
            self._refuse_while_at_work((known,))
        if account.trading is not Trading.ACTIVE and not self._at_work((known,)):
            self._desk.set_trading(account, Trading.ACTIVE, "")
        return {"account": name, "state": account.trading.value}

    async def _go_live(self, verb: m.GoLive, by: str) -> Answer:
        (known,) = self._accounts((verb.account,))
        account, live = self._desk.accounts[known], self._desk.going_live
        # what was rehearsed is counted on disk
        await self._desk.journal.barrier()
        match verb.what:
            case "on":
                live.grant(account, typed=verb.typed, by=by, skip_rehearsal=verb.skip_rehearsal)
            case "off":
                live.revoke(account, by=by)
            case "lift":
                live.lift(account, by=by)
            case _:
                raise LaunchError(f"what: {verb.what!r} is not valid; expected on, off or lift")
        return {"account": known, "trades": not account.read_only, "text": live.words(account)}

    def _acknowledge(self, verb: m.AckAlarm, by: str) -> Answer:
        """Nothing to acknowledge is no refusal: the cause may have gone while the operator looked."""
        alarms = self._desk.alarms
        wanted = [verb.id]
        if verb.id == "all":
            wanted = [alarm.id for alarm in alarms.active.values() if verb.drop or not alarm.acked]
        done = [id_ for id_ in wanted if (alarms.drop if verb.drop else alarms.acknowledge)(id_, by)]
        return {"acknowledged": done, "standing": [id_ for id_ in done if id_ in alarms.active]}

    async def _fault(self, verb: m.Fault) -> Answer:
        (known,) = self._accounts((verb.account,))
        venue = self._desk.accounts[known].venue
        if not isinstance(venue, Faulty):
            raise LaunchError(f"account: {known} is not a paper account; only those have faults to switch on")
        try:
            under_way = venue.fault(verb.kind)
            if under_way is not None:
                await under_way
        except (VenueError, ValueError) as error:
            raise LaunchError(f"kind: {error}") from None
        return {"account": known, "fault": verb.kind}
