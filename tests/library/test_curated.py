"""Curated admin pages: every write is a batch with a sentence and an undo; two people editing one thing."""

import re
import threading
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from library.models import ChangeBatch, Tag, TagAlias
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.library.curated_site")]


@pytest.fixture
def curator() -> Client:
    client = Client()
    client.force_login(make_user(username="anna", role="", is_superuser=True, is_staff=True))
    return client


def address(tag: Tag) -> str:
    return reverse("admin:library_tag_change", args=(tag.pk,))


def loaded(client: Client, tag: Tag) -> dict[str, Any]:
    """What a browser would send back unchanged."""
    page = client.get(address(tag))
    form = page.context["adminform"].form
    data = {name: form.get_initial_for_field(field, name) or "" for name, field in form.fields.items()}
    formset = page.context["inline_admin_formsets"][0].formset
    prefix = formset.prefix
    data |= {f"{prefix}-{name}": value for name, value in formset.management_form.initial.items()}
    for number, inner in enumerate(formset.initial_forms):
        data |= {f"{prefix}-{number}-id": inner.instance.pk, f"{prefix}-{number}-tag": tag.pk}
        data[f"{prefix}-{number}-name"] = inner.instance.name
    return data | {"_loaded": page.context["loaded"]}


def save(client: Client, tag: Tag, data: dict[str, Any], **changes: Any) -> Any:
    return client.post(address(tag), {**data, **changes}, follow=True)


def test_a_saved_form_is_one_batch_that_says_what_changed(curator: Client):
    tag = Tag.objects.create(name="Beach")
    TagAlias.objects.create(tag=tag, name="Strand")
    data = loaded(curator, tag)
    inline = {"aliases-0-DELETE": "on", "aliases-TOTAL_FORMS": 3, "aliases-1-name": "Playa", "aliases-2-name": "Plage"}

    page = save(curator, tag, data, color="#000000", **inline)

    batch = ChangeBatch.objects.get()
    assert batch.summary == "Changed the colour of Beach; added 2 tag aliases; removed 1 tag alias"
    assert (batch.user_name, batch.source, batch.change_count) == ("anna", "manual", 4)
    assert reverse("undo", args=(batch.pk,)) in page.content.decode()


def test_adding_and_deleting_are_batches_too(curator: Client):
    empty = {"aliases-TOTAL_FORMS": 0, "aliases-INITIAL_FORMS": 0}
    curator.post(reverse("admin:library_tag_add"), {"name": "Beach", "color": "#000000", **empty})
    tag = Tag.objects.get()
    curator.post(reverse("admin:library_tag_delete", args=(tag.pk,)), {"post": "yes"})

    assert list(ChangeBatch.objects.order_by("created_at").values_list("summary", flat=True)) == [
        "Added the tag Beach",
        "Deleted the tag Beach",
    ]


def test_an_actions_own_batch_gives_the_sentence_and_its_message_the_button(curator: Client):
    tag = Tag.objects.create(name="Beach")

    data = {"action": "darken", "_selected_action": [tag.pk]}
    page = curator.post(reverse("admin:library_tag_changelist"), data, follow=True)

    batch = ChangeBatch.objects.get()
    assert batch.summary == "Darkened the tags"
    assert "1 darkened." in page.content.decode()
    assert reverse("undo", args=(batch.pk,)) in page.content.decode()


def test_an_action_that_fails_half_way_leaves_nothing(curator: Client):
    tag = Tag.objects.create(name="Beach")

    with pytest.raises(RuntimeError):
        data = {"action": "fail", "_selected_action": [tag.pk]}
        curator.post(reverse("admin:library_tag_changelist"), data)

    assert Tag.objects.get().color == tag.color and not ChangeBatch.objects.exists()


def test_no_page_writes_outside_a_batch(curator: Client):
    tag = Tag.objects.create(name="Beach")
    row = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": tag.pk, "form-0-position": 4, "_save": "Save"}

    with nothing_outside_batches():
        curator.post(reverse("admin:blacken"))
        save(curator, tag, loaded(curator, tag), description="Sand")
        curator.post(reverse("admin:library_tag_changelist"), row)

    assert ChangeBatch.objects.count() == 3


def test_saving_without_a_change_is_no_batch(curator: Client):
    tag = Tag.objects.create(name="Beach")

    page = save(curator, tag, loaded(curator, tag))

    assert not ChangeBatch.objects.exists()
    assert "Nothing was changed." in page.content.decode()


def test_other_line_ends_are_no_change(curator: Client):
    tag = Tag.objects.create(name="Beach", description="Sand\nSea")

    save(curator, tag, loaded(curator, tag), description="Sand\r\nSea")

    assert Tag.objects.get().description == "Sand\nSea" and not ChangeBatch.objects.exists()


def test_changes_of_different_fields_both_stay(curator: Client):
    tag = Tag.objects.create(name="Beach")
    data = loaded(curator, tag)
    Tag.objects.update(color="#000000")

    save(curator, tag, data, description="Sand")

    tag.refresh_from_db()
    assert (tag.color, tag.description) == ("#000000", "Sand")


def test_a_field_that_both_changed_is_shown_to_the_later_one_and_not_overwritten(curator: Client):
    tag = Tag.objects.create(name="Beach")
    data = loaded(curator, tag)
    Tag.objects.update(description="Theirs")

    page = save(curator, tag, data, description="Mine", color="#000000")

    tag.refresh_from_db()
    assert (tag.description, tag.color) == ("Theirs", "#6B7280")
    (clash,) = page.context["clashes"]
    assert (clash.label, clash.before, clash.theirs, clash.mine) == ("Description", "nothing", "Theirs", "Mine")
    assert "Somebody else saved this while you were editing" in page.content.decode()


@pytest.mark.parametrize(("choice", "outcome"), [("mine", "Mine"), ("theirs", "Theirs")])
def test_whoever_came_later_chooses(curator: Client, choice: str, outcome: str):
    tag = Tag.objects.create(name="Beach")
    data = loaded(curator, tag)
    Tag.objects.update(description="Theirs")
    page = save(curator, tag, data, description="Mine", color="#000000")
    (clash,) = page.context["clashes"]

    again = {**data, "_loaded": page.context["loaded"], "description": "Mine", "color": "#000000", clash.name: choice}
    curator.post(address(tag), again)

    tag.refresh_from_db()
    assert (tag.description, tag.color) == (outcome, "#000000")


def test_an_inlines_field_that_both_changed_is_a_clash_and_an_added_row_is_none(curator: Client):
    tag = Tag.objects.create(name="Beach")
    alias = TagAlias.objects.create(tag=tag, name="Strand")
    data = loaded(curator, tag)
    TagAlias.objects.create(tag=tag, name="Plage")
    save(curator, tag, data, description="Sand")
    assert Tag.objects.get().description == "Sand" and TagAlias.objects.count() == 2
    data = {**data, "description": "Sand"}

    TagAlias.objects.filter(pk=alias.pk).update(name="Theirs")
    page = save(curator, tag, data, **{"aliases-0-name": "Mine"})

    assert [clash.mine for clash in page.context["clashes"]] == ["Mine"]
    assert TagAlias.objects.get(pk=alias.pk).name == "Theirs"


def _race(tag: Tag, *, is_guarded: bool) -> list[bool]:
    """Two curators save different descriptions at the same moment; for each, whether the form was taken."""
    clients, ends = [Client(), Client()], []
    for client in clients:
        client.force_login(make_user(role="", is_superuser=True, is_staff=True))
    pages = [loaded(client, tag) for client in clients]
    barrier = threading.Barrier(2)

    def send(client: Client, data: dict[str, Any], text: str) -> None:
        if not is_guarded:
            del data["_loaded"]
        barrier.wait()
        ends.append(client.post(address(tag), {**data, "description": text}).status_code == 302)
        connections.close_all()

    threads = [
        threading.Thread(target=send, args=(client, data, text))
        for client, data, text in zip(clients, pages, ("One", "Two"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_the_second_is_asked():
    assert _race(Tag.objects.create(name="Beach"), is_guarded=True) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_pages_own_values_the_second_overwrites():
    assert _race(Tag.objects.create(name="Beach"), is_guarded=False) == [True, True]


def test_the_history_of_a_tag_tells_everything_about_it(curator: Client, django_assert_max_num_queries: Any):
    tag = Tag.objects.create(name="Beach")
    data = loaded(curator, tag)
    save(curator, tag, data, description="Sand", **{"aliases-TOTAL_FORMS": 1, "aliases-0-name": "Strand"})

    with django_assert_max_num_queries(25):
        page = curator.get(reverse("admin:library_tag_history", args=(tag.pk,)))

    text = re.sub(r"<[^>]+>|\s+", " ", page.content.decode())
    text = re.sub(r"\s+", " ", text)
    assert "Changed the description of Beach; added 1 tag alias" in text
    assert "Description: nothing → Sand" in text and "tag alias Strand" in text
