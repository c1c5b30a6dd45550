"""`[alarms]` of the configuration: how loud alarms are, whom they are handed to, what is done when nobody answers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated

import msgspec

from cockpit.desk.escalation import AlarmRules, EscalateAction
from cockpit.host.alarm_hooks import HookCommands
from strategies.params import Param, ParamError

D = Decimal

HOOKS = ("hook", "critical_hook", "escalate_hook")
COMMAND = 'a program by its whole path, then its arguments, like ["/home/me/page.sh", "desk"]; [] for none'
MOST_WORDS = 32


class AlarmConfig(msgspec.Struct, frozen=True):
    ring: Annotated[bool, Param("Whether terminals ring their bell")] = True
    ring_again_s: Annotated[
        D, Param("How often they ring for a critical alarm nobody acknowledges", unit="s", ge=D(1), le=D(3600))
    ] = D(30)
    repeat_s: Annotated[
        D, Param("A repeated alarm rings, and is handed to a hook, at most this often", unit="s", ge=D(1), le=D(86_400))
    ] = D(60)
    hook: tuple[str, ...] = ()
    """Command that each alarm is handed to."""
    critical_hook: tuple[str, ...] = ()
    """Instead of `hook` for critical ones."""
    escalate_hook: tuple[str, ...] = ()
    """Instead of both for those that have escalated."""
    hook_timeout_s: Annotated[D, Param("A hook that runs longer is killed", unit="s", ge=D(1), le=D(300))] = D(10)
    escalate_after_s: Annotated[
        D, Param("A critical alarm escalates when nobody acknowledges it; 0: never", unit="s", ge=D(0), le=D(86_400))
    ] = D(300)
    escalate_action: Annotated[EscalateAction, Param("What is done at last")] = EscalateAction.NONE
    action_after_s: Annotated[D, Param("Beyond escalate_after_s", unit="s", ge=D(10), le=D(86_400))] = D(300)

    @property
    def rules(self) -> AlarmRules:
        """What of it the desk goes by."""
        return AlarmRules(
            repeat_s=float(self.repeat_s),
            bell_s=float(self.ring_again_s) if self.ring else 0.0,
            escalate_after_s=float(self.escalate_after_s),
            action=self.escalate_action,
            action_after_s=float(self.action_after_s),
        )

    @property
    def commands(self) -> HookCommands:
        """What the desk's process runs; a louder hook that is left out is the next quieter one."""
        critical = self.critical_hook or self.hook
        return HookCommands(self.hook, critical, self.escalate_hook or critical, float(self.hook_timeout_s))


def parse_hook(name: str, raw: object) -> tuple[str, ...]:
    """A command as a list of texts, run without a shell. Raises `ParamError`."""
    if not isinstance(raw, list) or len(raw) > MOST_WORDS:
        raise ParamError(name, raw, COMMAND)
    words = tuple(word for word in raw if isinstance(word, str) and "\0" not in word)
    if len(words) != len(raw) or (words and not PurePosixPath(words[0]).is_absolute()):
        raise ParamError(name, raw, COMMAND)
    return words


def check_alarms(config: AlarmConfig) -> None:
    """What single values cannot say of each other. Raises `ParamError`."""
    if config.escalate_action is not EscalateAction.NONE and not config.escalate_after_s:
        expected = f"seconds > 0, for escalate_action = {config.escalate_action.value!r} comes only after it"
        raise ParamError("escalate_after_s", "0", expected)
