"""The terminal is gone: the screen's process must go too, and at once.

The kernel tells the session's leader alone. Where that is not a shell that passes it on (make, env, script), nobody is
told: Textual's threads then wait for ever and read nothing over and over, with a whole core. The desk is another
process and goes on."""

from __future__ import annotations

import os
import select
import signal
import threading


def die_with_terminal(fd: int = 0) -> None:
    """From now on this process gets SIGHUP, with its default action, once the terminal at `fd` has hung up.

    A thread waits for that in poll(2), which costs nothing; the event loop may be stuck by then."""
    if os.isatty(fd):
        threading.Thread(target=_wait, args=(fd,), name="hangup", daemon=True).start()


def _wait(fd: int) -> None:
    poll = select.poll()
    poll.register(fd, 0)
    while True:
        if any(seen & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, seen in poll.poll()):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGHUP,))
            os.kill(os.getpid(), signal.SIGHUP)
            return
