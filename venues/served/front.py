"""What stands between a dialect and the wire: faults, and the control requests of whoever tests against it. No sockets
here: a server, or a simulation in virtual time, carries the messages."""

from __future__ import annotations

import asyncio

import msgspec

from venues.model import NS_PER_S
from venues.served.dialect import ABNORMAL, HttpAnswer, HttpRequest, ServedDialect, WsSession
from venues.served.faults import Fault, FaultBoard, FaultError, FaultKind
from venues.served.house import House
from venues.served.ledger import house_state

CONTROL = "/_paper/"
_BEFORE = (FaultKind.RATE_LIMIT, FaultKind.ERROR_BEFORE, FaultKind.EXPIRED_TOKEN, FaultKind.NONCE)
_FAULT_DECODER = msgspec.json.Decoder(Fault)


class Front:
    """Owns the sessions of one dialect and passes everything through the faults that are on."""

    def __init__(self, dialect: ServedDialect, house: House) -> None:
        self.dialect = dialect
        self.house = house
        self.board = FaultBoard(house.clock)
        self.sessions: dict[WsSession, None] = {}
        """Those that are open, in the order in which they came: who is cut first must not depend on chance."""
        self._tasks: set[asyncio.Task[HttpAnswer]] = set()

    # -- REST ----------------------------------------------------------------------------------------------------

    async def http(self, request: HttpRequest) -> HttpAnswer | None:
        """None: no answer ever comes; the connection is cut where `refused()`, else it stays open and silent.

        Should the caller be cancelled (his client has gone), the request takes effect all the same."""
        if request.path.startswith(CONTROL):
            return self._control(request)
        if self.refused():
            return None
        account = self.dialect.account_of(request)
        for kind in _BEFORE:
            answer = self._refusal(kind, request, account)
            if answer is not None:
                return answer
        task = asyncio.get_running_loop().create_task(self.dialect.http(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        answer = await asyncio.shield(task)
        late = self._refusal(FaultKind.ERROR_AFTER, request, account)
        if late is not None:
            answer = late
        if self.board.take(FaultKind.DROP, account=account, path=request.path, method=request.method):
            return None
        delay = self.board.take(FaultKind.DELAY, account=account, path=request.path, method=request.method)
        if delay is not None:
            await self._wait(delay.seconds)
        return None if self.refused() else answer

    def refused(self) -> bool:
        """Is there an outage, in which every connection is cut?"""
        return self.board.on(FaultKind.REFUSE) is not None

    def _refusal(self, kind: FaultKind, request: HttpRequest, account: str) -> HttpAnswer | None:
        fault = self.board.on(kind, account=account, path=request.path, method=request.method)
        answer = self.dialect.refusal(fault, request) if fault is not None else None
        if answer is not None:
            self.board.take(kind, account=account, path=request.path, method=request.method)
        return answer

    async def _wait(self, seconds: float) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.house.timers.after(
            round(seconds * NS_PER_S), lambda: None if done.done() else done.set_result(None)
        )
        try:
            await done
        finally:
            timer.cancel()

    # -- websockets ----------------------------------------------------------------------------------------------

    def ws_open(self, session: WsSession) -> None:
        self.sessions[session] = None
        if self.refused() or self.board.take(FaultKind.CLOSE, path=session.path) is not None:
            session.close(ABNORMAL)
            return
        if self.board.take(FaultKind.SILENT, path=session.path) is not None:
            session.silent = True
        self.dialect.ws_open(session)
        self._meet(session)

    def ws_text(self, session: WsSession, text: str) -> None:
        if session.open:
            self.dialect.ws_text(session, text)
            self._meet(session)

    def ws_closed(self, session: WsSession) -> None:
        session.open = False
        if session in self.sessions:
            del self.sessions[session]
            self.dialect.ws_closed(session)

    def _meet(self, session: WsSession) -> None:
        """A session that has just told whose it is may be one that a fault of that account waits for."""
        if not session.account or not self.board.faults:
            return
        if self.board.on(FaultKind.CLOSE, account=session.account, path=session.path):
            session.close(ABNORMAL)
        elif self.board.on(FaultKind.SILENT, account=session.account, path=session.path):
            session.silent = True

    # -- control -------------------------------------------------------------------------------------------------

    def switch_on(self, fault: Fault) -> None:
        """Raises `FaultError`."""
        if fault.account and fault.account not in self.house.accounts:
            known = ", ".join(self.house.accounts)
            raise FaultError(f"account is {fault.account!r}: expected one of {known}")
        meets = [
            session
            for session in list(self.sessions)
            if fault.account in ("", session.account) and fault.path in session.path
        ]
        # sockets that are open now are met here; what stays on the board is for those that come while it lasts
        lasting = fault.seconds > 0 or fault.kind not in (FaultKind.CLOSE, FaultKind.SILENT, FaultKind.EXPIRED_TOKEN)
        if lasting and fault.kind is not FaultKind.ROLLBACK:
            self.board.switch_on(fault)
        if fault.kind in (FaultKind.CLOSE, FaultKind.REFUSE):
            for session in meets:
                session.close(ABNORMAL)
        elif fault.kind is FaultKind.SILENT:
            for session in meets:
                session.silent = True
        elif fault.kind is FaultKind.ROLLBACK:
            self._roll_back(fault)
        elif fault.kind is FaultKind.CLEAR:
            for name in self.house.accounts:
                self.house.exchange.set_fault(name, "clear")
        self.dialect.on_fault(fault)

    def _roll_back(self, fault: Fault) -> None:
        names = [fault.account] if fault.account else list(self.house.accounts)
        for name in names:
            self.house.exchange.set_fault(name, "rollback")
        if fault.seconds:
            self.house.timers.after(round(fault.seconds * NS_PER_S), lambda: self._roll_forward(names))

    def _roll_forward(self, names: list[str]) -> None:
        for name in names:
            self.house.exchange.set_fault(name, "clear")

    def _control(self, request: HttpRequest) -> HttpAnswer:
        asked = (request.method, request.path.removeprefix(CONTROL))
        if asked == ("GET", "state"):
            return HttpAnswer.json(house_state(self.house, self.board.faults))
        if asked == ("POST", "fault"):
            try:
                self.switch_on(_FAULT_DECODER.decode(request.body))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, FaultError) as error:
                return HttpAnswer.json({"ok": False, "error": f"fault: {error}"}, 400)
            return HttpAnswer.json({"ok": True, "faults": self.board.faults})
        text = f"{request.method} {request.path}: expected POST {CONTROL}fault or GET {CONTROL}state"
        return HttpAnswer.json({"ok": False, "error": text}, 404)
