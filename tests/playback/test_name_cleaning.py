"""File names by somebody's parsing rules."""

from typing import Any

import pytest

from library.models import User
from playback.models import UserSettings
from playback.name_cleaning import clean_by_rules
from tests.library.factories import make_user

pytestmark = pytest.mark.django_db


def keep(user: User, *rules: dict[str, Any], active: str = "mine") -> None:
    made = [{"id": str(n), "enabled": True, "order": n, "config": {}} | rule for n, rule in enumerate(rules)]
    presets = [{"id": "mine", "name": "Mine", "rules": made}]
    UserSettings.objects.create(user=user, parsing_rules={"activePresetId": active, "presets": presets})


@pytest.mark.parametrize(
    ("rule", "name", "cleaned"),
    [
        ({"type": "remove_brackets"}, "Sea [1080p] (uncut) {x}", "Sea"),
        ({"type": "remove_years"}, "Sea 2019 20191", "Sea 20191"),
        ({"type": "remove_numbers"}, "Sea 12 b4", "Sea b4"),
        ({"type": "remove_special_chars"}, "Sea_&_sun!", "Sea sun"),
        ({"type": "remove_stopwords"}, "Sea WEB x264", "Sea"),
        ({"type": "remove_stopwords", "config": {"words": ["sea"]}}, "Sea WEB", "WEB"),
        ({"type": "remove_duplicates"}, "Sea sun SEA", "Sea sun"),
        ({"type": "text_replace", "config": {"find": ".", "replace": " "}}, "Sea.and.sun", "Sea and sun"),
        ({"type": "word_length_filter", "config": {"minLength": 3}}, "a sea of sun", "sea sun"),
        ({"type": "regex_remove", "config": {"pattern": "rip-\\w+"}}, "Sea RIP-abc", "Sea"),
        ({"type": "regex_remove", "config": {"pattern": "("}}, "Sea (", "Sea ("),
        ({"type": "case_normalize"}, "Sea", "Sea"),
    ],
)
def test_each_kind_of_rule(rule: dict[str, Any], name: str, cleaned: str) -> None:
    keep(make_user(is_superuser=True), rule)

    assert clean_by_rules([name]) == [cleaned]


def test_rules_go_in_their_order_and_those_that_are_off_do_nothing() -> None:
    keep(
        make_user(is_superuser=True),
        {"type": "remove_numbers", "order": 2},
        {"type": "text_replace", "order": 1, "config": {"find": "x", "replace": " 7 "}},
        {"type": "remove_brackets", "enabled": False},
    )

    assert clean_by_rules(["Seax (a)"]) == ["Sea (a)"]


def test_only_an_owners_active_preset_counts() -> None:
    keep(make_user(), {"type": "remove_brackets"})
    keep(make_user(is_superuser=True), {"type": "remove_numbers"}, active="another")

    assert clean_by_rules(["Sea (a) 5"]) == ["Sea (a) 5"]
