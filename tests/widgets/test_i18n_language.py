"""Which language is spoken, and what that does to texts and figures."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from decimal import Decimal

import pytest

from widgets import format as fmt
from widgets import i18n
from widgets.i18n import _, choose, plural, titled, use, within
from widgets.words import word

D = Decimal


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    use("en")


def test_an_unknown_language_names_the_value_and_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"language: 'fr' is not known; expected one of en, zh"):
        use("fr")
    with pytest.raises(ValueError, match=r"language: 'Deutsch' is not known"):
        choose("Deutsch", {})
    assert i18n.language() == "en"


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "zh-Hans"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_SG"}, "zh"),
        ({"LC_ALL": "zh_CN", "LC_MESSAGES": "en_US", "LANG": "en_US"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_TW.Big5"}, "zh"),
    ],
)
def test_auto_follows_the_locale_and_the_first_variable_that_is_set_decides(environ: dict[str, str], code: str) -> None:
    assert choose("auto", environ) == code


def test_a_setting_goes_before_the_locale() -> None:
    assert choose("en", {"LANG": "zh_CN.UTF-8"}) == "en"
    assert choose("zh", {"LANG": "en_US.UTF-8"}) == "zh"


def test_a_text_without_translation_stays_english() -> None:
    use("zh")
    assert _("no catalogue has this") == "no catalogue has this"
    assert _("") == ""


def test_the_same_word_in_two_contexts() -> None:
    use("zh")
    assert within("mode", "live") == "实盘"
    assert word("health", "live") == "正常"
    assert word("order", "partially_filled") == "部分成交"
    assert word("loop", "a state of tomorrow") == "a state of tomorrow"


def test_plural_has_the_form_that_fits() -> None:
    assert plural("{count} leg", "{count} legs", 1) == "{count} leg"
    assert plural("{count} leg", "{count} legs", 2) == "{count} legs"
    use("zh")
    assert plural("{count} leg", "{count} legs", 2).format(count=2) == "2 腿"


def test_the_number_of_a_panel_stays_before_its_title() -> None:
    use("zh")
    assert titled("[b]1[/b] Loops") == "[b]1[/b] 循环"
    assert titled("Orders") == "订单"
    assert titled("") == ""


def test_listeners_hear_every_change() -> None:
    heard: list[str] = []
    i18n.on_change(lambda: heard.append(i18n.language()))
    use("zh")
    use("en")
    assert heard[-2:] == ["zh", "en"]


def test_a_catalogue_of_ones_own() -> None:
    i18n.speak(gettext.NullTranslations(), "en")
    assert i18n.entries() == []
    assert _("Loops") == "Loops"


def test_compact_figures_go_by_ten_thousands_in_chinese() -> None:
    use("zh")
    figures = [D(950), D(9500), D("12350"), D("-12350"), D("1234567"), D("124000000"), D("51234567890")]
    assert [fmt.compact(value) for value in figures] == [
        "950", "9,500", "1.24万", "-1.24万", "123万", "1.24亿", "512亿",
    ]  # fmt: skip


def test_spans_and_days_in_both_languages() -> None:
    assert [fmt.span(seconds) for seconds in (65, 7500, 90_000)] == ["1m05s", "2h05m", "1d01h"]
    assert fmt.day("2026-11-21") == "2026-11-21"
    use("zh")
    assert [fmt.span(seconds) for seconds in (65, 7500, 90_000)] == ["1分05秒", "2时05分", "1天01时"]
    assert fmt.day("2026-11-21") == "11月21日"
    assert fmt.day("total") == "total"
    assert fmt.day("a-b-c") == "a-b-c"
