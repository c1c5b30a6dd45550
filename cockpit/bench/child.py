"""The bench exchange as a child of the bench: started, waited for, and asked for its report."""

from __future__ import annotations

import subprocess
import sys
from types import TracebackType

import msgspec

from cockpit.bench.exchange import READY, Load, Report

END_S = 10.0


class BenchError(Exception):
    """A measurement that did not come about; the text says why."""


class ExchangeChild:
    """Use as a context: the process ends with it, and with this process too, for its stdin closes then."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> ExchangeChild:
        command = [sys.executable, "-m", "cockpit.bench.exchange", msgspec.json.encode(self._load).decode()]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._process = process
        assert process.stdout is not None
        if process.stdout.readline().strip() != READY:
            raise BenchError(f"the bench exchange did not start (exit code {process.wait(END_S)})")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def end(self) -> Report:
        """Stop it and read what it saw. Raises `BenchError` where it died before."""
        process, self._process = self._process, None
        assert process is not None
        text, _ = process.communicate(timeout=END_S)
        if process.returncode:
            raise BenchError(f"the bench exchange failed (exit code {process.returncode})")
        return msgspec.json.decode(text, type=Report)
