"""The desk of tables as a child of the bench, in a home of its own that clients find it by."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from types import TracebackType

import msgspec

from cockpit import locations
from cockpit.bench import busy_desk, tables_desk
from cockpit.bench.child import END_S, BenchError


class TablesChild:
    """Use as a context: the process and its home end with it, and with this process too."""

    def __init__(self, plan: busy_desk.Plan) -> None:
        self._plan = plan
        self._folder = tempfile.TemporaryDirectory(prefix="cockpit-bench-")
        self.environ = {**os.environ, locations.HOME_VARIABLE: self._folder.name}
        """For whoever is to find that desk."""
        self.places = locations.find(self.environ)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> TablesChild:
        self.places.prepare()
        # With a configuration there is nothing to welcome anybody to.
        self.places.config_file.write_text("[ui]\n", encoding="utf-8")
        command = [sys.executable, "-m", tables_desk.__name__, str(self.places.desk_socket)]
        self._process = subprocess.Popen(
            [*command, msgspec.json.encode(self._plan).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environ,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != tables_desk.READY:
            raise BenchError(f"the desk did not start (exit code {self._process.wait(END_S)})")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
        self._folder.cleanup()

    def end(self) -> tables_desk.Report:
        """Stop it and read what it did. Raises `BenchError` where it died before."""
        process, self._process = self._process, None
        assert process is not None
        text, _none = process.communicate(timeout=END_S)
        if process.returncode:
            raise BenchError(f"the desk failed (exit code {process.returncode})")
        return msgspec.json.decode(text, type=tables_desk.Report)
