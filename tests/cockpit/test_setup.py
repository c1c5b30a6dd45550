"""Behind the first run and the settings: keys are tried before they are kept, and the configuration is never lost."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.config import load_config
from cockpit.secrets.choose import Wishes, open_vault
from cockpit.secrets.facts import KeyFacts, ProbeFailed
from cockpit.secrets.store import KeyStore
from cockpit.setup import DeskSetup
from cockpit.setup_port import SetupError
from venues.model import ManualClock, Mode
from venues.model.secret import Secret

KEY = {"apiKey": Secret("public-part-of-it"), "secret": Secret("private-part-of-it"), "password": Secret("their-words")}
PASSPHRASE = Secret("eight words or so")


class Venue:
    """What a venue says of a key."""

    def __init__(self, error: ProbeFailed | None = None) -> None:
        self.error = error
        self.asked: list[str] = []

    def __call__(self, venue: str, credentials: object, endpoint: str) -> KeyFacts:
        self.asked.append(venue)
        if self.error is not None:
            raise self.error
        return KeyFacts("account 7", True, True, True, notes=("The key is private-part-of-it.",))


@pytest.fixture
def places(tmp_path: Path) -> locations.Locations:
    found = locations.find({locations.HOME_VARIABLE: str(tmp_path)})
    found.prepare()
    return found


Make = Callable[..., DeskSetup]


@pytest.fixture
def make(places: locations.Locations) -> Make:
    def made(venue: Venue | None = None) -> DeskSetup:
        return DeskSetup(
            places,
            ManualClock(),
            probe=venue or Venue(),
            start=lambda _config, _passphrase: None,
            environ={},
        )

    return made


async def test_a_key_that_the_venue_refuses(make: Make) -> None:
    trial = await make(Venue(ProbeFailed("no such key private-part-of-it", refused=True))).try_key("okx", KEY)
    assert trial.verdict == "refused"
    assert "okx refuses the key" in trial.lines[0]
    assert "private-part-of-it" not in " ".join(trial.lines)


async def test_a_venue_that_does_not_answer_says_nothing_of_the_key(make: Make) -> None:
    trial = await make(Venue(ProbeFailed("no answer within 60 s", refused=False))).try_key("okx", KEY)
    assert trial.verdict == "unknown"


async def test_a_key_that_lacks_a_part_is_not_even_asked_about(make: Make) -> None:
    venue = Venue()
    trial = await make(venue).try_key("okx", {"apiKey": KEY["apiKey"]})
    assert (trial.verdict, venue.asked) == ("refused", [])


async def test_what_a_venue_says_holds_no_value_of_the_key(make: Make) -> None:
    trial = await make().try_key("okx", KEY)
    assert trial.verdict == "good"
    words = " ".join(trial.lines)
    assert "can withdraw money" in words
    assert "private-part-of-it" not in words


async def test_parts_of_a_key_are_checked_one_by_one(make: Make) -> None:
    setup = make()
    assert setup.check_field("okx", "secret", Secret("anything")) == ""
    assert "missing" in setup.check_field("okx", "secret", Secret(" "))
    wrong = setup.check_field("lighter", "privateKey", Secret("not-hexadecimal"))
    assert "80 hexadecimal digits" in wrong
    assert "not-hexadecimal" not in wrong
    assert setup.check_field("lighter", "walletAddress", Secret("")) == "", "it may be left empty"


async def test_names_that_cannot_be(make: Make) -> None:
    setup = make()
    assert "letters" in await setup.check_name("no spaces, please")
    assert "already" in await setup.check_name("extended"), "the paper accounts have names too"
    assert await setup.check_name("okx-main") == ""


async def test_every_venue_that_can_be_traded_is_offered_with_its_fields(make: Make) -> None:
    venues = {venue.name: venue for venue in make().venues()}
    assert {"okx", "lighter", "hyperliquid", "extended", "backpack"} <= venues.keys()
    assert [field.name for field in venues["okx"].fields] == ["apiKey", "secret", "password"]


async def test_an_account_is_added_to_keyring_and_configuration(make: Make, places: locations.Locations) -> None:
    setup = make()
    assert setup.first
    ring = await setup.keyring()
    assert (ring.passphrase, ring.trouble) == ("new", "")
    done = await setup.add_account("okx-main", "okx", KEY, PASSPHRASE)
    assert "read-only" in done[1]
    config = load_config(places.config_file)
    added = config.accounts[-1]
    assert (added.name, added.venue, added.mode, added.read_only) == ("okx-main", "okx", Mode.LIVE, True)
    assert [account.name for account in config.accounts[:2]] == ["extended", "lighter"], "the paper desk stays"
    assert stat.S_IMODE(places.config_file.stat().st_mode) == 0o600
    assert "private-part-of-it" not in places.config_file.read_text()
    store = KeyStore(open_vault(places, {}, Wishes(passphrase=PASSPHRASE)), places)
    assert store.load("okx-main").fields["secret"] == KEY["secret"]
    assert (await make().keyring()).passphrase == "ask"

    sheet = await setup.sheet()
    (line,) = [line for line in sheet.accounts if line.mode == "live"]
    assert (line.account, line.key, line.withdraws) == ("okx-main", "okx-main", None)
    assert "private-part-of-it" not in repr(sheet)


async def test_a_passphrase_that_is_too_short_changes_nothing(make: Make, places: locations.Locations) -> None:
    with pytest.raises(SetupError, match="too short"):
        await make().add_account("okx-main", "okx", KEY, Secret("short"))
    assert not places.config_file.exists()


async def test_a_configuration_with_a_mistake_is_not_touched_and_no_key_is_kept(
    make: Make, places: locations.Locations
) -> None:
    places.config_file.write_text("[desk]\nspeed = 9\n")
    setup = make()
    assert not setup.first
    with pytest.raises(SetupError, match="speed"):
        await setup.add_account("okx-main", "okx", KEY, PASSPHRASE)
    assert places.config_file.read_text() == "[desk]\nspeed = 9\n"
    assert (await setup.keyring()).passphrase == "new", "no file of keys was made"
    sheet = await setup.sheet()
    assert any("speed" in text for text in sheet.mistakes)


async def test_settings_say_which_line_they_are_on(make: Make, places: locations.Locations) -> None:
    places.config_file.write_text('# mine\n[ui]\nlanguage = "zh"\n\n[risk]\nmax_leverage = 3\n')
    sheet = await make().sheet()
    where = {setting.key: (setting.value, setting.where) for setting in sheet.settings}
    assert where["ui.language"] == ("zh", "config.toml:3")
    assert where["risk.max_leverage"] == ("3", "config.toml:6")
    assert where["risk.stale_s"][1] == "default"
    assert dict(sheet.places)["configuration"] == str(places.config_file)


async def test_a_setting_is_changed_where_it_stands(make: Make, places: locations.Locations) -> None:
    places.config_file.write_text('# mine\n[ui]\nlanguage = "zh"  # for the night\n')
    assert await make().change("ui", "language", "en") == "config.toml:3"
    assert places.config_file.read_text() == '# mine\n[ui]\nlanguage = "en"  # for the night\n'
    with pytest.raises(SetupError, match="language"):
        await make().change("ui", "language", "klingon")
