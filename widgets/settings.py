"""What the settings show: the configuration, accounts and their keys, where everything is, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from cockpit.setup_port import Setting, Sheet
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.i18n import N_, _
from widgets.paint import Cell, cell, wrapped
from widgets.panel import Panel, View
from widgets.words import word

NONE = "–"
MISTAKE_LINES = 6
"""At the most, of one mistake."""


class SheetPanel(Panel):
    """A panel over what was read from files, and not from the store."""

    def __init__(self, columns: Sequence[Column], *, title: str, empty: Sequence[str], id: str) -> None:
        super().__init__(columns, title=title, empty=empty, mark=True, id=id)
        self.sheet: Sheet | None = None

    def tell(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.rebuild()


class SettingsPanel(SheetPanel):
    """Each setting: what holds, and which line says so."""

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("setting"), 12, left=True),
                Column(N_("value"), 8, left=True),
                Column(N_("from"), 7, left=True),
                Column(N_("is changed"), 10, left=True, flex=True, keep=1),
            ),
            title="[b]1[/b] " + N_("Settings"),
            empty=(N_("The configuration is being read."), N_("r reads it again.")),
            id="settings",
        )

    def build(self, view: View) -> list[Row]:
        rows = []
        for setting in self.sheet.settings if self.sheet else ():
            rows.append(
                Row(
                    setting.key,
                    (
                        cell(setting.key, "bright" if setting.choices else "text"),
                        cell(setting.value if setting.value != "-" else NONE, "accent" if setting.choices else "text"),
                        cell(_(setting.where), "dim"),
                        cell(self._does(setting), "dim"),
                    ),
                )
            )
        return rows

    def _does(self, setting: Setting) -> str:
        if setting.choices:
            return _("here, by enter")
        return _("in the file, for the next desk")

    def chosen(self) -> Setting | None:
        """The setting under the cursor."""
        found = self.sheet.settings if self.sheet else ()
        return next((setting for setting in found if setting.key == self.selected), None)


class KeysPanel(SheetPanel):
    """Accounts of the configuration; a key is a name and what its venue last said of it, never more."""

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("account"), 8, left=True),
                Column(N_("venue"), 8, left=True),
                Column(N_("mode"), 5, left=True),
                Column(N_("key"), 6, left=True),
                Column(N_("last test"), 16, left=True, keep=1),
                Column(N_("withdraws"), 3, left=True),
                Column(N_("from"), 7, left=True, flex=True, keep=2),
            ),
            title="[b]2[/b] " + N_("Accounts and keys"),
            empty=(N_("No account is configured."), N_("a adds one.")),
            id="keys",
        )

    def build(self, view: View) -> list[Row]:
        sheet = self.sheet
        rows = []
        for line in sheet.accounts if sheet else ():
            takes = {None: cell(NONE, "dim"), True: cell(f"✗ {_('YES')}", "crit"), False: cell(_("no"), "text")}
            rows.append(
                Row(
                    line.account,
                    (
                        cell(line.account, "bright"),
                        cell(line.venue),
                        cell(word("mode", line.mode), line.mode),
                        cell(line.key or NONE, "text" if line.key else "dim"),
                        cell(line.tested or NONE, "text" if line.tested else "dim"),
                        takes[line.withdraws],
                        cell(_(line.where), "dim"),
                    ),
                )
            )
        if sheet is not None:
            rows.append(Row("keyring", line=((f" {_('keyring')}: ", "dim"), (said(sheet.keyring), "text"))))
        return rows


class PlacesPanel(SheetPanel):
    """Files, versions and who looks; above them what is wrong in the user's own files, whole."""

    TABLES: ClassVar[frozenset[str]] = frozenset({"desk"})

    def __init__(self) -> None:
        super().__init__(
            (Column(N_("what"), 14, left=True), Column(N_("where, or which"), 20, left=True, flex=True)),
            title="[b]3[/b] " + N_("Places, versions, clients"),
            empty=(N_("Nothing is known yet."), N_("r reads it again.")),
            id="places",
        )

    def build(self, view: View) -> list[Row]:
        sheet = self.sheet
        if sheet is None:
            return []
        rows = [row for n, text in enumerate(sheet.mistakes) for row in self._mistake(n, text)]
        desk = view.store.desk
        if desk is not None:
            rows.append(
                self._row(
                    "desk", _("desk"), _("version {version}, pid {pid}").format(version=desk.version, pid=desk.pid)
                )
            )
            rows += [self._row(f"client/{n}", _("client"), name) for n, name in enumerate(desk.clients)]
        rows += [self._row(f"place/{name}", _(name), path) for name, path in sheet.places]
        rows += [self._row(f"version/{name}", _(name), text) for name, text in sheet.versions]
        return rows

    def _mistake(self, number: int, text: str) -> list[Row]:
        """Whole, over as many lines as it takes."""
        width = max(20, (self.size.width or 80) - 4)
        lines = wrapped(f"✗ {said(text)}", width, MISTAKE_LINES)
        return [Row(f"wrong/{number}/{n}", line=((line, "crit"),), stop=True) for n, line in enumerate(lines)]

    def _row(self, key: str, what: str, text: str, ink: str = "text") -> Row:
        cells: tuple[Cell, ...] = (cell(what, ink if ink != "text" else "dim"), cell(text, ink))
        return Row(key, cells)


PLACES = (
    N_("configuration"), N_("venue profiles"), N_("keymap"), N_("themes"), N_("journal"), N_("log of the desk"),
    N_("socket"), N_("pictures"), N_("system"), N_("default"),
)  # fmt: skip
"""Names that come from elsewhere, for the catalogues."""
