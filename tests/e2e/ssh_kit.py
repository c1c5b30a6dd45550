"""A real SSH line on loopback: a private sshd with throw-away keys, and the cockpit in a terminal at its other end."""

from __future__ import annotations

import asyncio
import fcntl
import getpass
import os
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from process_kit import WAIT_S, Home
from terminal_kit import Terminal

from cockpit import locations

SCRIPT = Path(__file__).resolve().parent.parent / "sshd.sh"
PROJECT = str(SCRIPT.parent.parent)
IN_CI = "CI"
"""Where this variable is set, a machine without sshd is a failure and no reason to skip."""
FOLDERS = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def need() -> None:
    """Skip where there is no sshd; in CI it has been installed, and must be there."""
    said = subprocess.run([SCRIPT, "missing"], capture_output=True, text=True, check=True)
    missing = ", ".join(said.stdout.split())
    if missing:
        reason = f"no SSH server here ({missing} missing): tests/{SCRIPT.name} install"
        assert not os.environ.get(IN_CI), reason
        pytest.skip(reason)


class Line:
    """The way to log in at a running sshd."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port

    def command(self, remote: str) -> list[str]:
        options = ("IdentitiesOnly=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR",
            "SendEnv=COLORTERM LANG")  # fmt: skip
        chosen = [part for option in options for part in ("-o", option)]
        where = f"{getpass.getuser()}@127.0.0.1"
        return [
            "ssh",
            "-F",
            "none",
            "-p",
            str(self._port),
            "-i",
            str(self._folder / "id"),
            *chosen,
            "-tt",
            where,
            remote,
        ]


def _prepare(folder: Path) -> tuple[Path, int]:
    """Keys, a port that is free, and a configuration that says so."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in ("host", "id"):
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(made, check=True)
    (folder / "id.pub").rename(folder / "authorized_keys")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile {folder / 'pid'}\n"
        f"AuthorizedKeysFile {folder / 'authorized_keys'}\nPermitRootLogin prohibit-password\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\n"
        # the keys lie below a folder that all may write to
        "StrictModes no\nAcceptEnv LANG LC_* COLORTERM\nLogLevel VERBOSE\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, parents=True, exist_ok=True)
    return config, port


@asynccontextmanager
async def sshd(folder: Path) -> AsyncIterator[Line]:
    """Runs until the block is left."""
    config, port = _prepare(folder)
    # sshd starts itself anew for each connection, so it must be called by its whole path
    program = shutil.which("sshd", path=FOLDERS)
    assert program is not None
    server = await asyncio.create_subprocess_exec(
        program, "-D", "-e", "-f", str(config), stderr=asyncio.subprocess.PIPE
    )
    try:
        assert server.stderr is not None
        async with asyncio.timeout(WAIT_S):
            while b"listening on 127.0.0.1" not in (said := await server.stderr.readline()):
                assert said, "sshd did not start"
        drain = asyncio.get_running_loop().create_task(server.stderr.read())
        yield Line(folder, port)
        drain.cancel()
    finally:
        server.terminate()
        await server.wait()


class SshTerminal(Terminal):
    """The cockpit behind a line. What came is kept raw too, for colours that the emulator does not tell."""

    def __init__(self, line: Line, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self._line = line
        self.raw = ""

    async def start(self, home: Home, *argv: str, **environ: str) -> None:
        """`environ`: of the near end; what goes over is what sshd accepts."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._master, self._read)
        theirs = {locations.HOME_VARIABLE: str(home.folder), "PYTHONPATH": PROJECT}
        words = ["env", *(f"{name}={value}" for name, value in theirs.items()), *home.command(*argv)]
        near: Mapping[str, str] = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environ}
        self.process = await asyncio.create_subprocess_exec(
            *self._line.command(shlex.join(words)),
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=dict(near),
            start_new_session=True,
        )
        os.close(self._slave)

    def _show(self, chunk: bytes) -> None:
        self.raw += self.emulator.feed(chunk)

    def resize(self, columns: int, lines: int) -> None:
        """The window at the near end is another size."""
        assert self.process is not None
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)
        os.kill(self.process.pid, signal.SIGWINCH)

    def stop_reading(self) -> None:
        """The laptop's lid is closed: the connection stays, and nobody reads."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def read_on(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)


def far_client(home: Home) -> int:
    """Process of the cockpit at the far end of the one line there is."""
    found = [pid for pid in home.pids() if _words(pid)[-1:] == ["cockpit"]]
    assert len(found) == 1, [(pid, _words(pid)) for pid in home.pids()]
    return found[0]


def session_of(pid: int) -> int:
    """The sshd process that holds the line of `pid`: the nearest one above it."""
    while pid > 1:
        stat = Path(f"/proc/{pid}/stat").read_text()
        pid = int(stat.rpartition(")")[2].split()[1])
        if Path(f"/proc/{pid}/comm").read_text().startswith("sshd"):
            return pid
    raise AssertionError("no sshd above it")


async def gone(pid: int) -> None:
    """Until a process that is not ours has ended. Fails when it lives on."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.add_reader(descriptor, lambda: over.done() or over.set_result(None))
    try:
        async with asyncio.timeout(WAIT_S):
            await over
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _words(pid: int) -> list[str]:
    try:
        return [word for word in Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0") if word]
    except OSError:
        return []
