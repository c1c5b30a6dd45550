"""Moving about in tables and dialogs, and what one does to any table: filter, sort, copy."""

from __future__ import annotations

from cockpit.actions.action import Action
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("up", "up,k", "move(-1)", N_("up"), N_("One row up"), "move", "↑ k"),
    Action("down", "down,j", "move(1)", N_("down"), N_("One row down"), "move", "↓ j"),
    Action("page.up", "pageup", "move_page(-1)", N_("page up"), N_("One page up"), "move"),
    Action("page.down", "pagedown", "move_page(1)", N_("page down"), N_("One page down"), "move"),
    Action("first", "g,home", "move(-100000)", N_("first"), N_("First row"), "move", "g"),
    Action("last", "G,end", "move(100000)", N_("last"), N_("Last row"), "move", "G"),
    Action("filter", "slash", "filter", N_("filter"), N_("Filter as one types; esc shows all"), "table",
        command="filter", args="[WORDS]"),
    Action("sort", "s", "sort", N_("sort"), N_("Sort by the next column"), "table"),
    Action("sort.turn", "S", "sort_turn", N_("reverse"), N_("Sort the other way round"), "table"),
    Action("columns", "vertical_line", "columns", N_("columns"), N_("Choose the columns"), "table"),
    Action("copy", "y", "copy_row", N_("copy"), N_("Copy the row"), "table"),
    Action("copy.table", "Y", "copy_table", N_("copy table"), N_("Copy the table (TSV)"), "table"),
    Action("match.next", "n", "match(1)", N_("next match"), N_("Next row that the filter finds"), "back"),
    Action("match.previous", "N", "match(-1)", N_("previous match"), N_("The row found before it"), "back"),
    Action("back", "escape", "back", N_("back"), N_("Back to the overview"), "back", "esc"),
    Action("cancel", "escape", "cancel", N_("cancel"), N_("Close without doing anything"), "dialog", "esc"),
    Action("submit", "ctrl+enter", "submit", N_("confirm"),
        N_("Confirm a form (or tab to its button, then enter)"), "dialog"),
)  # fmt: skip
