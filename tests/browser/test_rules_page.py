"""The form of a rule in a real browser: its lines, and what it would do while it is being written."""

import pytest

from library.models import Rule
from tests.browser.conftest import OpenPage
from tests.library.factories import make_file
from tests.people.factories import make_creator

pytestmark = pytest.mark.browser


def test_a_rule_shows_what_it_would_do_while_it_is_written(open_page: OpenPage) -> None:
    make_creator(name="Ana Maria")
    make_file(relative_path="Ana Maria/beach.mp4", duration_seconds=600.0)
    page = open_page("/admin/library/rule/add/", width=390, height=844)

    page.fill("[name=name]", "By folder")
    page.fill("[name=c_value]", "ana maria")
    page.fill("[name=a_value]", "Ana M")
    page.locator("#rule-names option[value='Ana Maria']").wait_for(state="attached")
    page.fill("[name=a_value]", "Ana Maria")
    page.get_by_text("add person Ana Maria: 1").wait_for()
    page.get_by_role("button", name="Add a condition").click()
    line = page.locator("[name=c_field] >> nth=1")
    line.select_option("duration_seconds")
    page.locator("[name=c_operator] >> nth=1").select_option("at_least")
    page.locator("[name=c_value] >> nth=1").fill("20")
    page.get_by_text("No video meets the conditions.").wait_for()
    page.get_by_role("button", name="Remove this line").nth(1).click()
    page.get_by_text("add person Ana Maria: 1").wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved the rule By folder.").wait_for()

    rule = Rule.objects.get()
    assert [one["field"] for one in rule.conditions] == ["path"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing is wider than a phone"
