"""Curating videos in the admin: the list, its rows, the page of one, many at once."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import BulkEdit, ChangeBatch, Tag, User, Video, VideoTag
from library.models.file import FileState
from library.services.bulk_edit import apply_bulk_edit
from people.models import Creator, Credit, Studio, VideoStudio
from playback.models import Rating
from processing.models import Job, Storyboard, Thumbnail
from tests.library.factories import find_permission, make_file, make_user, make_video

pytestmark = pytest.mark.django_db

LIST = "admin:library_video_changelist"


@pytest.fixture
def owner() -> User:
    return make_user(username="owner", is_staff=True, is_superuser=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def sign_in_with(client: Client, *permissions: str) -> User:
    user = make_user(is_staff=True, role="")
    user.user_permissions.add(*map(find_permission, permissions))
    client.force_login(user)
    return user


def make_curated(*, user: User, title: str = "") -> Video:
    """A video with everything that a row of the list shows."""
    video = make_video(title=title)
    file = make_file(video=video)
    sizes = {"small_width": 320, "small_height": 180, "large_width": 1280, "large_height": 720}
    Thumbnail.objects.create(file=file, input_key="k", small="s.webp", large="l.webp", time_seconds=1, **sizes)
    tiles = {"tile_width": 320, "tile_height": 180, "tile_count": 20, "columns": 10, "rows": 2, "interval_seconds": 3}
    Storyboard.objects.create(file=file, input_key="k", sprite="b.webp", vtt="b.vtt", **tiles)
    tag, _ = Tag.objects.get_or_create(name=f"Tag {video.pk}")
    VideoTag.objects.create(video=video, tag=tag)
    Credit.objects.create(video=video, creator=Creator.objects.create(name=f"Person {video.pk}"))
    VideoStudio.objects.create(video=video, studio=Studio.objects.create(name=f"Studio {video.pk}"), is_primary=True)
    Rating.objects.create(user=user, video=video, stars="4.5", rated_at=timezone.now())
    return video


def queries_of(page: Client, address: str) -> int:
    page.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert page.get(address).status_code == 200
    return len(queries)


def titles_of(page: Client, query: str) -> list[str]:
    rows = page.get(f"{reverse(LIST)}?{query}").context["cl"].result_list
    return sorted(video.title for video in rows)


def messages_after(page: Client) -> list[str]:
    return [str(message) for message in page.get(reverse(LIST)).context["messages"]]


# ---- the list -------------------------------------------------------------------------------------------------------
def test_a_row_shows_what_there_is_about_a_video(page, owner):
    video = make_curated(user=owner, title="Sea")

    html = page.get(reverse(LIST)).content.decode()

    for shown in ("Sea", f"Tag {video.pk}", f"Person {video.pk}", f"Studio {video.pk}", "★ 4.5", "b.webp", "s.webp"):
        assert shown in html


def test_the_list_asks_as_much_of_the_database_for_40_rows_as_for_4(page, owner):
    for _ in range(4):
        make_curated(user=owner)
    before = queries_of(page, reverse(LIST))
    for _ in range(36):
        make_curated(user=owner)

    assert queries_of(page, reverse(LIST)) == before


def test_the_tabs_show_what_is_still_to_do(page, owner):
    whole = make_curated(user=owner, title="Whole")
    bare = make_file(video=make_video(title="Bare")).video
    make_file(video=make_video(title="Broken"), state=FileState.READY)
    Video.objects.get(title="Broken").files.update(state=FileState.FAILED, error="It is broken.")
    make_file(video=make_video(title="Gone"), missing_since=timezone.now())
    make_video(title="Trashed", trashed_at=timezone.now())
    Video.objects.filter(pk=whole.pk).update(title="Whole")

    assert titles_of(page, "") == ["Bare", "Broken", "Gone", "Whole"]
    assert titles_of(page, "view=untagged") == ["Bare", "Broken", "Gone"]
    assert titles_of(page, "view=nobody") == ["Bare", "Broken", "Gone"]
    assert titles_of(page, "view=no-studio") == ["Bare", "Broken", "Gone"]
    assert titles_of(page, "view=missing") == ["Gone"]
    assert titles_of(page, "view=failed") == ["Broken"]
    assert bare.title in titles_of(page, "view=new")


def test_a_tag_in_the_address_narrows_the_list(page, owner):
    video = make_curated(user=owner, title="Sea")
    make_video(title="Other")

    assert titles_of(page, f"tag={video.video_tags.get().tag_id}") == ["Sea"]
    assert titles_of(page, "tag=nonsense") == ["Other", "Sea"]


def test_the_order_is_one_column_and_the_key_in_one_direction(page):
    response = page.get(f"{reverse(LIST)}?o=2")

    assert response.context["cl"].queryset.query.order_by == ("title_key", "pk")


def test_who_may_only_look_gets_no_buttons_to_edit(client, owner):
    make_curated(user=owner)
    sign_in_with(client, "library.open_admin", "library.view_video")

    html = client.get(reverse(LIST)).content.decode()

    assert "data-edit" not in html


# ---- editing in the row ---------------------------------------------------------------------------------------------
def cell(video: Video, part: str) -> str:
    return reverse("admin:library_video_cell", args=(video.pk, part))


def test_tags_are_edited_in_the_row_and_new_ones_made(page):
    video, sea = make_video(), Tag.objects.create(name="Sea")
    VideoTag.objects.create(video=video, tag=sea)
    sun = Tag.objects.create(name="Sun")

    response = page.post(cell(video, "tags"), {"value": [f"was:{sea.pk}", str(sun.pk), "new:Sand"]})

    assert sorted(video.video_tags.values_list("tag__name", flat=True)) == ["Sand", "Sun"]
    assert response["HX-Trigger"] == "v-saved"
    assert "Sand" in response.content.decode()
    assert ChangeBatch.objects.count() == 1


def test_a_tag_that_somebody_else_added_meanwhile_stays(page):
    video, sea, sun = make_video(), Tag.objects.create(name="Sea"), Tag.objects.create(name="Sun")
    VideoTag.objects.create(video=video, tag=sun)

    page.post(cell(video, "tags"), {"value": ["was:", str(sea.pk)]})

    assert sorted(video.video_tags.values_list("tag__name", flat=True)) == ["Sea", "Sun"]


@pytest.mark.parametrize("part", ["people", "studios"])
def test_people_and_studios_are_edited_in_the_row(page, part):
    video = make_video()

    page.post(cell(video, part), {"value": ["was:", "new:Ada"]})

    names: dict[str, Any] = {"people": video.credits.values_list("creator__name", flat=True)}
    names["studios"] = video.video_studios.values_list("studio__name", flat=True)
    assert list(names[part]) == ["Ada"]


def test_a_title_is_written_in_the_row_but_not_over_another_ones(page):
    video = make_video(title="Old")

    page.post(cell(video, "title"), {"value": "New", "was": "Old"})
    late = page.post(cell(video, "title"), {"value": "Newer", "was": "Old"})

    video.refresh_from_db()
    assert video.title == "New"
    assert "Somebody else has renamed it" in late.content.decode()


def test_an_empty_title_is_refused_with_a_sentence(page):
    video = make_video(title="Old")

    response = page.post(cell(video, "title"), {"value": "  ", "was": "Old"})

    assert response["HX-Retarget"] == "#v-pop"
    assert Video.objects.get(pk=video.pk).title == "Old"


def test_rows_are_not_edited_without_the_right(client):
    video = make_video()
    sign_in_with(client, "library.open_admin", "library.view_video")

    assert client.post(cell(video, "tags"), {"value": ["new:Sea"]}).status_code == 403
    assert not Tag.objects.exists()


def test_a_new_tag_needs_the_right_to_add_tags(client):
    video = make_video()
    sign_in_with(client, "library.open_admin", "library.view_video", "library.change_video")

    response = client.post(cell(video, "tags"), {"value": ["was:", "new:Sea"]})

    assert "doesn&#x27;t allow making a new tag" in response.content.decode()
    assert not Tag.objects.exists()


# ---- suggestions ----------------------------------------------------------------------------------------------------
def suggest(page: Client, kind: str, text: str) -> dict[str, Any]:
    return page.get(reverse("admin:library_video_suggest", args=(kind,)), {"q": text}).json()


def test_suggestions_begin_with_the_text_by_name_or_other_name_and_leave_out_the_trash(page):
    Creator.objects.create(name="Ada Lovelace", disambiguation="mathematician")
    bo = Creator.objects.create(name="Bo")
    bo.aliases.create(name="Adam")
    Creator.objects.create(name="Adele", trashed_at=timezone.now())
    Creator.objects.create(name="Nevada")

    found = suggest(page, "people", "ADA")

    assert [one["text"] for one in found["results"]] == ["Ada Lovelace", "Bo"]
    assert found["results"][0]["hint"] == "mathematician"
    assert found["create"] == "ADA"


def test_a_name_that_exists_is_not_offered_to_be_made(page):
    Tag.objects.create(name="Sea")

    assert suggest(page, "tags", "sea")["create"] == ""


# ---- the page of one ------------------------------------------------------------------------------------------------
def change_data(page: Client, video: Video, **values: Any) -> dict[str, Any]:
    """What the browser would send for the page as it is, with some values changed."""
    form = page.get(reverse("admin:library_video_change", args=(video.pk,))).context
    data: dict[str, Any] = {}
    for name, field in form["adminform"].form.fields.items():
        value = form["adminform"].form.get_initial_for_field(field, name)
        if name in ("tags", "people", "studios"):
            data[name] = [f"was:{','.join(map(str, value or []))}", *map(str, value or [])]
        elif name == "recorded_at":
            data |= {"recorded_at_0": "", "recorded_at_1": ""}
        elif name != "cover":
            data[name] = value or ""
    for inline in form["inline_admin_formsets"]:
        formset = inline.formset
        for name, value in formset.management_form.initial.items():
            data[f"{formset.prefix}-{name}"] = value
        for row in formset.initial_forms:
            for name, field in row.fields.items():
                value = row.get_initial_for_field(field, name)
                data[f"{row.prefix}-{name}"] = getattr(value, "pk", value) or ""
            data.pop(f"{row.prefix}-DELETE", None)
    return {**data, "_loaded": form.get("loaded", ""), **values}


def test_the_page_saves_columns_tags_people_and_studios_as_one_change(page, owner):
    video = make_curated(user=owner, title="Sea")
    other = Studio.objects.create(name="Other")
    VideoStudio.objects.create(video=video, studio=other)
    address = reverse("admin:library_video_change", args=(video.pk,))
    tag_id = video.video_tags.get().tag_id

    data = change_data(
        page, video, title="Ocean", tags=[f"was:{tag_id}", "new:Blue"], primary_studio=other.pk, description="Wet"
    )
    response = page.post(address, data)

    assert response.status_code == 302, response.context["errors"]
    video.refresh_from_db()
    assert (video.title, video.description) == ("Ocean", "Wet")
    assert [row.tag.name for row in video.video_tags.all()] == ["Blue"]
    assert video.video_studios.get(is_primary=True).studio == other
    assert ChangeBatch.objects.count() == 1


def test_the_page_asks_no_more_of_the_database_when_more_hangs_on_the_video(page, owner):
    video = make_curated(user=owner)
    address = reverse("admin:library_video_change", args=(video.pk,))
    before = queries_of(page, address)
    for number in range(8):
        VideoTag.objects.create(video=video, tag=Tag.objects.create(name=f"More {number}"))
        Credit.objects.create(video=video, creator=Creator.objects.create(name=f"More {number}"))
        VideoStudio.objects.create(video=video, studio=Studio.objects.create(name=f"More {number}"))
        make_file(video=video)
        video.metadata.create(key=f"key {number}", value="x")
        video.external_ids.create(source="stash", external_id=str(number))

    assert queries_of(page, address) == before


def test_the_page_leads_to_its_neighbours_in_the_list_it_was_opened_from(page):
    videos = [make_video(title=title, duration_seconds=seconds) for title, seconds in [("C", 3), ("A", None), ("B", 3)]]

    filters = "_changelist_filters=o%3D2"
    places = page.get(f"{reverse('admin:library_video_change', args=(videos[2].pk,))}?{filters}").context["places"]

    assert f"/{videos[1].pk}/" in places.before
    assert f"/{videos[0].pk}/" in places.after


@pytest.mark.parametrize(("order", "titles"), [("o=4", ["short", "long", "none"]), ("o=-4", ["none", "long", "short"])])
def test_neighbours_follow_the_order_of_the_database_where_a_value_is_missing(page, order, titles):
    seconds = {"short": 1.0, "long": 9.0, "none": None}
    videos = {title: make_video(title=title, duration_seconds=value) for title, value in seconds.items()}
    shown = [video.title for video in page.get(f"{reverse(LIST)}?{order}").context["cl"].result_list]

    middle = reverse("admin:library_video_change", args=(videos[titles[1]].pk,))
    places = page.get(f"{middle}?_changelist_filters={order.replace('=', '%3D')}").context["places"]

    assert shown == titles
    assert f"/{videos[titles[0]].pk}/" in places.before
    assert f"/{videos[titles[2]].pk}/" in places.after


def test_save_and_next_opens_the_next_of_the_list(page):
    first, second = make_video(title="A"), make_video(title="B")
    address = f"{reverse('admin:library_video_change', args=(first.pk,))}?_changelist_filters=o%3D2"

    response = page.post(address, change_data(page, first, title="AA", _savenext="1"))

    assert response["Location"].startswith(reverse("admin:library_video_change", args=(second.pk,)))


# ---- many at once ---------------------------------------------------------------------------------------------------
def choose(page: Client, ids: list[int] | None, query: str = "") -> str:
    """The address of the form for these rows, or with None for all that match."""
    data = {"action": "edit_many", "select_across": "0" if ids else "1", "_selected_action": ids or [0]}
    return page.post(f"{reverse(LIST)}?{query}", data)["Location"]


def order(page: Client, address: str, **values: Any) -> Any:
    """Looks at the preview and then does it."""
    preview = page.post(address, values).context["preview"]
    return page.post(address, {**values, "apply": preview.key})


def test_all_that_match_are_taken_not_only_the_page(page):
    for number in range(60):
        make_video(title=f"Video {number}")
    make_video(title="Trashed", trashed_at=timezone.now())

    choose(page, None)

    assert len(BulkEdit.objects.get().video_ids) == 60


def test_the_preview_counts_and_changes_nothing(page):
    sea = Tag.objects.create(name="Sea")
    videos = [make_video() for _ in range(3)]
    VideoTag.objects.create(video=videos[0], tag=sea)
    address = choose(page, [video.pk for video in videos])

    effects = page.post(address, {"tags_mode": "add", "tags": [str(sea.pk)]}).context["preview"].effects

    assert [(one.text, one.changed, one.already) for one in effects] == [("Add the tag Sea", 2, 1)]
    assert VideoTag.objects.count() == 1


def test_an_edit_of_many_is_one_change(page):
    videos = [make_video(title=f"raw {number}") for number in range(3)]
    address = choose(page, [video.pk for video in videos])

    order(
        page,
        address,
        tags_mode="add",
        tags=["new:Sea"],
        people_mode="add",
        people=["new:Ada"],
        studios_mode="replace",
        studios=["new:North"],
        type="amateur",
        release_date="2024-05-31",
        find="raw",
        replace="cut",
    )

    assert sorted(Video.objects.values_list("title", flat=True)) == ["cut 0", "cut 1", "cut 2"]
    assert (
        VideoTag.objects.count() == Credit.objects.count() == VideoStudio.objects.filter(is_primary=True).count() == 3
    )
    assert set(Video.objects.values_list("type", "release_date")) == {("amateur", date(2024, 5, 31))}
    assert ChangeBatch.objects.get().summary.startswith("Edited 3 videos: added the tag Sea")


def test_only_what_was_shown_is_done(page):
    video = make_video()
    address = choose(page, [video.pk])
    shown = page.post(address, {"tags_mode": "add", "tags": ["new:Sea"]}).context["preview"]

    response = page.post(address, {"tags_mode": "add", "tags": ["new:Sun"], "apply": shown.key})

    assert response.status_code == 200
    assert not VideoTag.objects.exists()


def test_an_order_is_carried_out_once(page):
    video = make_video(title="aa")
    address = choose(page, [video.pk])
    order(page, address, find="a", replace="aa")

    page.post(address, {"find": "a", "replace": "aa", "apply": "x"})

    assert Video.objects.get().title == "aaaa"


def test_many_go_to_a_job(page, monkeypatch):
    monkeypatch.setattr("library.admin.bulk_pages.MOST_IN_REQUEST", 2)
    videos = [make_video() for _ in range(3)]
    address = choose(page, [video.pk for video in videos])

    order(page, address, tags_mode="add", tags=["new:Sea"])

    job = Job.objects.get()
    assert (job.stage, job.target_id, job.label) == ("bulk_edit", BulkEdit.objects.get().pk, "3 videos")
    assert not VideoTag.objects.exists()
    assert "Waiting for a worker" in page.get(address).content.decode()

    apply_bulk_edit(edit_id=job.target_id)

    undo = reverse("admin:library_changebatch_undo", args=(BulkEdit.objects.get().batch_id,))
    assert f'href="{undo}"' in page.get(address).content.decode()


def test_a_waiting_edit_can_be_cancelled(page, monkeypatch):
    monkeypatch.setattr("library.admin.bulk_pages.MOST_IN_REQUEST", 0)
    address = choose(page, [make_video().pk])
    order(page, address, tags_mode="add", tags=["new:Sea"])

    page.post(address, {"cancel": "1"})

    assert Job.objects.get().status == "cancelled"
    assert "Nothing was changed" in page.get(address).content.decode()


def test_nobody_sees_the_edit_of_another_one(page, client):
    address = choose(page, [make_video().pk])
    sign_in_with(client, "library.open_admin", "library.view_video", "library.change_video")

    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Say what is to be changed."),
        ({"tags": ["new:Sea"]}, "Say what is to happen with the tags."),
        ({"tags_mode": "add"}, "Choose at least one tag."),
        ({"tags_mode": "remove", "tags": ["new:Sea"]}, "There is no tag “Sea” that could be removed."),
        ({"replace": "x"}, "Say which words are to be replaced."),
    ],
)
def test_an_order_that_says_too_little_is_answered_with_a_sentence(page, values, sentence):
    address = choose(page, [make_video().pk])

    assert sentence in page.post(address, values).content.decode()


def test_who_may_only_trash_is_offered_nothing_else(client):
    video = make_video()
    sign_in_with(client, "library.open_admin", "library.view_video", "library.trash_video")
    address = choose(client, [video.pk])

    assert list(client.get(address).context["form"].fields) == ["trash"]
    order(client, address, trash="on")

    assert Video.objects.get().trashed_at is not None


def test_videos_are_trashed_from_the_list(page):
    videos = [make_video() for _ in range(2)]

    page.post(reverse(LIST), {"action": "trash", "_selected_action": [video.pk for video in videos]})

    assert Video.objects.trashed().count() == 2
    assert messages_after(page) == ["Put 2 videos into the trash."]
