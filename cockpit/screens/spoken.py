"""What the command line's words do where something stands behind them; alone they are the action's own key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cockpit.actions.commands import CommandError, Spoken, usage
from cockpit.link.client import LinkError
from cockpit.link.messages import AckAlarm, Pause, Resume, Stop
from cockpit.link.rows import LoopRow
from cockpit.screens.loop_actions import STOP_CHOICES, LoopActions
from cockpit.screens.tweaks import ENDED
from strategies.params import ParamSpec
from widgets.i18n import LANGUAGES, _

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

FRACTIONS = {"25": "0.25", "50": "0.5", "75": "0.75"}
"""What may be said of a reduce, per cent, and how the desk is told."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One line on its way."""

    app: CockpitApp
    args: tuple[str, ...]
    sure: Callable[[], None]
    """To be called once nothing stands against the line, before anything is opened or sent."""


async def speak(app: CockpitApp, spoken: Spoken, sure: Callable[[], None]) -> None:
    """Do what was said. Raises `CommandError`, and has done nothing then."""
    action = spoken.action
    handler = HANDLERS.get(action.id)
    if action.needs_words and not spoken.args:
        raise CommandError(_("expected {usage}").format(usage=usage(action)))
    if spoken.args and handler is not None:
        await handler(Telling(app, spoken.args, sure))
        return
    if refusal := app.out_of_reach(action):
        raise CommandError(refusal)
    sure()
    await app.perform(action, " ".join(spoken.args))


# -- what is meant


def one_of(what: str, given: str, known: Iterable[str]) -> str:
    """`given`, if it is known, whatever its case. Raises `CommandError`."""
    names = list(known)
    found = given if given in names else next((name for name in names if name.casefold() == given.casefold()), None)
    if found is None:
        expected = ", ".join(names) or _("none there is now")
        words = _("{what}: {given} is not known; expected one of {expected}")
        raise CommandError(words.format(what=what, given=repr(given), expected=expected))
    return found


def selected_loop(app: CockpitApp) -> LoopRow | None:
    """The loop that keys would mean on this screen; a desk's only loop is meant everywhere."""
    screen = app.screen
    if isinstance(screen, LoopActions):
        return screen.selected()
    loops = list(app.link.store.loops.values())
    return loops[0] if len(loops) == 1 else None


def _loop_name(telling: Telling, given: str) -> str:
    return one_of(_("loop"), given, telling.app.link.store.loops)


def _account_name(telling: Telling, given: str) -> str:
    return one_of(_("account"), given, telling.app.link.store.accounts)


# -- words that need nothing but the store


async def _account(telling: Telling) -> None:
    name = _account_name(telling, telling.args[0])
    telling.sure()
    telling.app.action_open("account", name)


async def _loop(telling: Telling) -> None:
    name = _loop_name(telling, telling.args[0])
    telling.sure()
    telling.app.action_open("loop", name)


async def _flatten(telling: Telling) -> None:
    name = _account_name(telling, telling.args[0])
    telling.sure()
    telling.app.action_flatten_account(name)


async def _reduce(telling: Telling) -> None:
    given = one_of(_("per cent"), telling.args[0].removesuffix("%"), FRACTIONS)
    telling.sure()
    telling.app.action_reduce(FRACTIONS[given])


async def _theme(telling: Telling) -> None:
    name = one_of(_("theme"), telling.args[0], telling.app.theme_names)
    telling.sure()
    telling.app.use_theme(name)


async def _language(telling: Telling) -> None:
    code = one_of(_("language"), telling.args[0], LANGUAGES)
    telling.sure()
    telling.app.use_language(code)


async def _ack(telling: Telling) -> None:
    alarms = telling.app.link.store.alarms
    name = one_of(_("alarm"), telling.args[0], ("all", *alarms))
    telling.sure()
    if name == "all":
        telling.app.action_acknowledge_all()
    else:
        telling.app.command(AckAlarm(name), _("acknowledged: {text}").format(text=alarms[name].text))


async def _pause(telling: Telling) -> None:
    if telling.args[0] == "all":
        telling.sure()
        telling.app.action_stop_entries()
        return
    name = _loop_name(telling, telling.args[0])
    telling.sure()
    telling.app.command(Pause(name), _("{loop}: pause").format(loop=name))


async def _resume(telling: Telling) -> None:
    if telling.args[0] == "all":
        telling.sure()
        telling.app.action_resume_all()
        return
    name = _loop_name(telling, telling.args[0])
    telling.sure()
    telling.app.command(Resume(name), _("{loop}: resume").format(loop=name))


async def _stop(telling: Telling) -> None:
    """After its cycle at once; what leaves a position or closes one by force is asked about."""
    name = _loop_name(telling, telling.args[0])
    mode = one_of(_("how"), telling.args[1], (each.id for each in STOP_CHOICES)) if len(telling.args) > 1 else ""
    telling.sure()
    if mode == "cycle":
        telling.app.command(Stop(name, mode), _("{loop}: stop {mode}").format(loop=name, mode=mode))
    else:
        telling.app.ask_stop(telling.app.link.store.loops[name], mode)


# -- words that ask the desk what there is


async def _specs(telling: Telling, kind: str) -> Sequence[ParamSpec]:
    try:
        return await telling.app.specs(kind)
    except LinkError as error:
        raise CommandError(str(error)) from None


async def _launch(telling: Telling) -> None:
    """The form, filled in with what was said: it shows what the launch would come to before anything is sent."""
    kind, *pairs = telling.args
    specs = {spec.name: spec for spec in await _specs(telling, kind)}
    given: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not value:
            words = _("{pair} is not valid; expected NAME=VALUE, such as size=0.1")
            raise CommandError(words.format(pair=repr(pair)))
        given[one_of(_("parameter"), name, specs)] = value
    telling.sure()
    telling.app.open_launch(kind, given)


def _stages(param: str) -> Callable[[Telling], Awaitable[None]]:
    async def stages(telling: Telling) -> None:
        name, value = (param, telling.args[0]) if param else telling.args
        row = selected_loop(telling.app)
        if row is None:
            raise CommandError(_("no loop is selected here; choose one on the overview or open it with :loop"))
        specs = {spec.name: spec for spec in await _specs(telling, row.strategy)}
        spec = specs[one_of(_("parameter"), name, specs)]
        if row.state in ENDED:
            raise CommandError(_("{loop} has ended; n launches a new one").format(loop=row.id))
        if refusal := telling.app.staging.put(row, spec, value):
            raise CommandError(refusal)
        telling.sure()
        telling.app.staged_changed()

    return stages


HANDLERS: dict[str, Callable[[Telling], Awaitable[None]]] = {
    "account": _account,
    "loop": _loop,
    "flatten": _flatten,
    "reduce": _reduce,
    "theme": _theme,
    "language": _language,
    "alarm.ack": _ack,
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "launch": _launch,
    "size": _stages("size"),
    "cycles": _stages("iterations"),
    "set": _stages(""),
}
"""Action's id to what its word does with others behind it."""
