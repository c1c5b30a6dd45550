"""What one does to any table, on every screen that has one: filter, sort, choose columns, copy."""

from __future__ import annotations

from cockpit.screens.columns import ColumnsDialog
from cockpit.screens.live import LiveScreen, T
from cockpit.ui_state import TableState
from widgets.grid import Grid
from widgets.i18n import _
from widgets.sifted import Sifted


class TableKeys(LiveScreen[T]):
    """Keys go to the table that has the focus, else to the first one in sight."""

    def on_mount(self) -> None:
        for grid in self.query(Grid):
            self._restore(grid)

    def table(self) -> Grid | None:
        """The table that keys mean; None on a screen without one."""
        if isinstance(self.focused, Grid):
            return self.focused
        return next((grid for grid in self.query(Grid) if grid.display), None)

    def action_filter(self, text: str | None = None) -> None:
        """Open the line of the filter, or put `text` in force at once."""
        grid = self.table()
        if grid is None:
            return
        if text is not None:
            grid.filter_by(text)
            return
        grid.focus(scroll_visible=False)
        grid.begin_filter()

    def action_match(self, steps: int) -> None:
        grid = self.table()
        if grid is None or grid.next_match(steps):
            return
        if grid.filter_text:
            self.cockpit.say(_("nothing has “{words}” in it").format(words=grid.filter_text), "warning")
        else:
            self.cockpit.say(_("nothing is looked for; / begins"), "warning")

    def action_sort(self) -> None:
        if (grid := self.table()) is not None:
            grid.sort_next()
            self._say_sort(grid)

    def action_sort_turn(self) -> None:
        grid = self.table()
        if grid is None:
            return
        if not grid.sorted_by[0]:
            self.cockpit.say(_("nothing is sorted; s sorts by the first column"), "warning")
            return
        grid.sort_turn()
        self._say_sort(grid)

    def _say_sort(self, grid: Grid) -> None:
        column, reverse = grid.sorted_by
        if not column:
            self.cockpit.say(_("not sorted"))
        elif reverse:
            self.cockpit.say(_("sorted by {column}, largest first").format(column=_(column)))
        else:
            self.cockpit.say(_("sorted by {column}, smallest first").format(column=_(column)))

    def action_columns(self) -> None:
        grid = self.table()
        if grid is None:
            return

        def chosen(hidden: frozenset[str] | None) -> None:
            if hidden is not None:
                grid.hide(hidden)
                self._keep(grid)

        self.app.push_screen(ColumnsDialog(grid.columns, grid.hidden), chosen)

    def action_copy_row(self) -> None:
        grid = self.table()
        text = grid.copy_row() if grid is not None else ""
        self._copy(text, _("the row"))

    def action_copy_table(self) -> None:
        grid = self.table()
        text = grid.copy_table() if grid is not None else ""
        self._copy(text, _("the table"))

    def _copy(self, text: str, what: str) -> None:
        if text:
            self.cockpit.copy(text, what)
        else:
            self.cockpit.say(_("nothing is selected"), "warning")

    # -- what is remembered

    def on_sifted_arranged(self, event: Sifted.Arranged) -> None:
        event.stop()
        self._keep(event.grid)

    def _keep(self, grid: Sifted) -> None:
        if grid.id is None:
            return
        column, reverse = grid.sorted_by
        state = TableState(column, reverse, tuple(sorted(grid.hidden)))
        if problem := self.cockpit.ui.keep_table(grid.id, state):
            self.cockpit.say(problem, "warning")

    def _restore(self, grid: Grid) -> None:
        """As it was left; what no longer exists is passed over."""
        if grid.id is None:
            return
        state = self.cockpit.ui.table(grid.id)
        if state.hidden:
            grid.hide(state.hidden)
        if any(column.title == state.sort for column in grid.columns):
            grid.sort_by(state.sort, state.reverse)
