"""What helps against an alarm, in a line, by the kind of alarm that its id names."""

from __future__ import annotations

from widgets.i18n import N_, _

HELP: dict[str, str] = {
    "alone": N_("its live leg was cut alone; it is evened out when the other account is back, then resume"),
    "budget": N_("look at the wear panel, then resume the loop or stop it"),
    "connect": N_("look at the venue and the network; `cockpit doctor` and `cockpit keys test` tell more"),
    "defect": N_("a defect of ours: the loop is halted, its hedges go on; the log has the details, please report it"),
    "deleverage": N_("pairs were cut before the venue would; add margin, or leave it smaller"),
    "down": N_("look at the venue and the network; loops wait by themselves, what is owed takes the ladder"),
    "ended": N_("a late fill of a loop that is over: flatten closes it"),
    "forced": N_("the venue closed a leg itself, the other is closed alike; look at the margin, then resume"),
    "foreign": N_("somebody traded by hand, or it is old: never hedged by us; close it yourself or with a flatten"),
    "foreign-order": N_("cancel it at the venue, or leave it; a flatten cancels it"),
    "hedge": N_("the ladder is at work; when it halts, look at both venues by hand, then resume, or flatten"),
    "hook": N_("the alarm's own command failed: try it by hand; trading never waits for it"),
    "journal": N_("free some space, or look at the disk; hedges go out all the same"),
    "naked": N_("if it does not clear by itself, flatten with the scope that you can live with"),
    "nonsense": N_("the venue sent what makes no sense and it was not booked: compare with its own page"),
    "order": N_("the venue does not say what became of it; the leg waits, and it is asked on"),
    "rate": N_("no market here prices that asset; wear of that account is off by it"),
    "refused": N_("the venue answers, with a no: `cockpit keys test` tells why"),
    "reopened": N_("the venue denied it long enough to be believed; it is cancelled there, what it filled is hedged"),
    "restart": N_("what stood before the restart is not sure: look at the venue's own page, then resume"),
    "staged": N_("pairs were cut in stages; nothing is opened there until it is clear"),
    "standstill": N_("the desk was frozen or starved of CPU: look what happened meanwhile, then resume"),
    "suspect": N_("look at the venue's own page: if it is right, `cockpit resume-account`; if not, wait"),
    "symbol": N_("a market is not among those of this account: look at its name in the venue's list"),
    "unexplained": N_("a fee, a payment or a fill was never told: compare `cockpit export` with the venue's statement"),
    "unfit": N_("set the account up at the venue as the text says; the desk looks again by itself"),
    "unwound": N_("the taker does not fill: change it or its slippage bound, then resume"),
    "watchdog": N_("start it again: until then nobody acts if the desk stalls"),
}
"""Kind, which is the alarm's id up to the first slash, to what helps."""


def helps(alarm_id: str) -> str:
    """What helps, in the operator's language; empty where nothing is known."""
    return _(HELP.get(alarm_id.partition("/")[0], ""))
