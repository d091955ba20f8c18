"""The head line of the admin's pages and the browser's title."""

import re

import pytest
from django.urls import reverse

from config.admin_site import navigation
from library.models import Tag
from tests.library.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def title_of(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))

    def read(address: str) -> str:
        page = client.get(address)
        assert page.status_code == 200
        return " ".join(re.search(r"<title>(.*?)</title>", page.content.decode(), re.DOTALL)[1].split())

    return read


def test_a_list_is_called_what_the_sidebar_calls_it(title_of):
    assert title_of(reverse("admin:library_videofile_changelist")) == "Files · Videothek"
    assert title_of(reverse("admin:auth_group_changelist")) == "Roles · Videothek"
    assert title_of(reverse("admin:people_creator_changelist")) == "People · Videothek"


def test_a_page_in_place_of_a_list_is_named_once(title_of):
    assert title_of(reverse("admin:processing_queuecontrol_changelist")) == "Queues · Videothek"
    assert title_of(reverse("admin:processing_stageconfig_changelist")) == "Stages · Videothek"


def test_a_list_that_is_not_in_the_sidebar_has_its_own_name(title_of):
    assert title_of(reverse("admin:library_ignoredfile_changelist")) == "Ignored files · Videothek"


def test_a_row_stands_before_its_list_as_it_is_written(title_of):
    tag = Tag.objects.create(name="beach")

    assert title_of(reverse("admin:library_tag_change", args=(tag.pk,))) == "beach · Tags · Videothek"
    assert title_of(reverse("admin:library_tag_history", args=(tag.pk,))) == "History of beach · Tags · Videothek"


def test_what_is_done_is_said(title_of):
    assert title_of(reverse("admin:people_creator_add")) == "Add a person · People · Videothek"
    assert title_of(reverse("admin:people_creator_merge")) == "Merge people · People · Videothek"


def test_a_page_of_settings_has_one_name(title_of):
    address = reverse("admin:library_librarysettings_change", args=(1,))

    assert title_of(address) == "Library settings · Videothek"


def test_words_that_match_are_counted_and_can_be_taken_off(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    Tag.objects.create(name="Beach")
    address = reverse("admin:library_tag_changelist")

    assert "Show all" not in client.get(address).content.decode()
    found = client.get(address, {"q": "bea"}).content.decode()
    assert "1 match" in found and "Show all" in found


@pytest.mark.parametrize(("page", "lit"), [("changelist", "Rules"), ("learned", "Rules"), ("evidence", "By evidence")])
def test_the_sidebar_lights_one_of_rules_and_evidence(rf, page, lit):
    request = rf.get(reverse(f"admin:library_rule_{page}"))
    request.user = make_user(is_staff=True, is_superuser=True)

    items = [item for group in navigation(request) for item in group["items"]]

    assert [item["title"] for item in items if item["active"]] == [lit]
