"""People, studios and platforms in the admin."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import ChangeBatch, Tag, User, VideoTag
from people.models import Creator, CreatorPicture, CreatorProfile, Credit, Platform, Studio, VideoStudio
from tests.library.factories import find_permission, make_user, make_video
from tests.people.factories import picture_bytes

pytestmark = pytest.mark.django_db

LISTS = ["people_creator", "people_studio", "people_platform", "library_tag"]


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(make_user(username="owner", is_staff=True, is_superuser=True))
    return client


def sign_in_with(client: Client, *permissions: str) -> User:
    user = make_user(is_staff=True, role="")
    user.user_permissions.add(*map(find_permission, permissions))
    client.force_login(user)
    return user


def queries_of(page: Client, address: str) -> int:
    page.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert page.get(address).status_code == 200
    return len(queries)


def fill(count: int) -> None:
    """Rows of every kind, each with all that the lists show about it."""
    for _ in range(count):
        video = make_video()
        above = Studio.objects.create(name=f"Group {video.pk}")
        studio = Studio.objects.create(name=f"Studio {video.pk}", parent=above)
        creator = Creator.objects.create(name=f"Person {video.pk}")
        creator.aliases.create(name="Also")
        CreatorPicture.objects.create(creator=creator, image="creators/x.webp", is_primary=True)
        platform = Platform.objects.create(name=f"Platform {video.pk}")
        CreatorProfile.objects.create(creator=creator, platform=platform, username="x", profile_url="https://x.test/")
        tag = Tag.objects.create(name=f"Tag {video.pk}", parent=Tag.objects.create(name=f"Above {video.pk}"))
        tag.aliases.create(name="Also")
        VideoTag.objects.create(video=video, tag=tag)
        Credit.objects.create(video=video, creator=creator)
        VideoStudio.objects.create(video=video, studio=studio)


def row_ids(page: Client, address: str) -> list[int]:
    return [row.pk for row in page.get(address).context["cl"].result_list]


def form_data(page: Client, address: str, **values: Any) -> dict[str, Any]:
    """What the browser would send for the page as it is, with some values changed."""
    context = page.get(address).context
    data: dict[str, Any] = {}
    forms = [("", context["adminform"].form)]
    for inline in context["inline_admin_formsets"]:
        for name, value in inline.formset.management_form.initial.items():
            data[f"{inline.formset.prefix}-{name}"] = value
        forms += [(f"{form.prefix}-", form) for form in inline.formset.initial_forms]
    for prefix, form in forms:
        for name, field in form.fields.items():
            value = form.get_initial_for_field(field, name)
            if name not in ("DELETE", "image", "logo", "favicon", "poster") and value not in (None, False):
                data[f"{prefix}{name}"] = getattr(value, "pk", value)
    return {**data, **values}


# ---- lists ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_no_more_of_the_database_when_rows_are_added(page, name):
    address = reverse(f"admin:{name}_changelist")
    fill(2)
    before = queries_of(page, address)
    fill(8)

    assert queries_of(page, address) == before


@pytest.mark.parametrize("name", LISTS)
def test_a_list_without_rows_says_what_to_do(page, name):
    Platform.objects.all().delete()

    assert "Nothing here yet" in page.get(reverse(f"admin:{name}_changelist")).content.decode()


def test_people_are_found_by_each_word_of_a_name_or_of_another_name(page):
    ada = Creator.objects.create(name="Ada Lovelace")
    bo = Creator.objects.create(name="Bo")
    bo.aliases.create(name="Countess")
    address = reverse("admin:people_creator_changelist")

    assert row_ids(page, f"{address}?q=LOVE+ada") == [ada.pk]
    assert row_ids(page, f"{address}?q=countess") == [bo.pk]
    assert row_ids(page, f"{address}?q=ada+countess") == []


def test_a_list_leaves_out_the_trash_and_counts_videos(page):
    ada = Creator.objects.create(name="Ada")
    Creator.objects.create(name="Gone", trashed_at=timezone.now())
    for _ in range(2):
        Credit.objects.create(video=make_video(), creator=ada)

    rows = page.get(reverse("admin:people_creator_changelist")).context["cl"].result_list

    assert [(row.name, row.video_count) for row in rows] == [("Ada", 2)]


# ---- pages of one ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["creator", "studio"])
def test_a_page_asks_no_more_of_the_database_when_more_hangs_on_it(page, kind):
    model: Any = {"creator": Creator, "studio": Studio}[kind]
    row = model.objects.create(name="Ada")
    address = reverse(f"admin:people_{kind}_change", args=(row.pk,))
    row.aliases.create(name="First")
    if kind == "creator":
        platform = Platform.objects.create(name="First")
        row.profiles.create(platform=platform, username="x", profile_url="https://x.test/")
        row.pictures.create(image="creators/0.webp")
        row.creator_studios.create(studio=Studio.objects.create(name="First"))
    before = queries_of(page, address)
    for number in range(6):
        row.aliases.create(name=f"Alias {number}")
        row.social_links.create(url=f"https://x.test/{number}")
        row.external_ids.create(source="stash", external_id=str(number))
        if kind == "creator":
            platform = Platform.objects.create(name=f"Site {number}")
            row.profiles.create(platform=platform, username="x", profile_url="https://x.test/")
            row.pictures.create(image=f"creators/{number + 1}.webp")
            row.creator_studios.create(studio=Studio.objects.create(name=f"Studio {number}"))

    assert queries_of(page, address) == before


def test_another_picture_becomes_the_main_one(page):
    ada = Creator.objects.create(name="Ada")
    old = ada.pictures.create(image="creators/old.webp", is_primary=True)
    new = ada.pictures.create(image="creators/new.webp")
    address = reverse("admin:people_creator_change", args=(ada.pk,))

    response = page.post(address, form_data(page, address, **{"pictures-1-chosen": "on"}))

    assert response.status_code == 302, response.context["errors"]
    assert CreatorPicture.objects.get(is_primary=True) == new
    assert not CreatorPicture.objects.get(pk=old.pk).is_primary
    assert ChangeBatch.objects.count() == 1


@pytest.mark.parametrize("mine", ["another", "none"])
def test_a_picture_that_somebody_else_chose_meanwhile_is_not_overwritten(page, mine):
    studio = Studio.objects.create(name="Nordlys", logo="studios/before.webp")
    address = reverse("admin:people_studio_change", args=(studio.pk,))
    loaded = form_data(page, address) | {"_loaded": page.get(address).context["loaded"]}
    Studio.objects.update(logo="studios/theirs.webp")

    def sent() -> dict[str, Any]:
        is_another = mine == "another"
        return {"logo": SimpleUploadedFile("mine.png", picture_bytes())} if is_another else {"logo-clear": "on"}

    refused = page.post(address, {**loaded, **sent()})

    (clash,) = refused.context["clashes"]
    assert (clash.label, clash.before, clash.theirs) == ("Logo", "a picture", "a picture")
    assert "choose the picture again" in refused.text
    assert Studio.objects.get().logo.name == "studios/theirs.webp"
    again = {**loaded, "_loaded": refused.context["loaded"], "short_name": "NL"}
    assert page.post(address, {**again, clash.name: "theirs"}).status_code == 302
    assert (Studio.objects.get().logo.name, Studio.objects.get().short_name) == ("studios/theirs.webp", "NL")
    page.post(address, {**again, clash.name: "mine", **sent()})
    assert Studio.objects.get().logo.name not in ("studios/theirs.webp", "studios/before.webp")


def test_a_studio_can_not_be_part_of_one_of_its_own(page):
    top = Studio.objects.create(name="Top")
    below = Studio.objects.create(name="Below", parent=top)
    address = reverse("admin:people_studio_change", args=(top.pk,))

    response = page.post(address, form_data(page, address, parent=[str(below.pk)]))

    assert "Top can&#x27;t be part of Below, because Below belongs to it." in response.content.decode()


def test_a_page_asks_whether_two_of_nearly_one_name_are_the_same(page):
    ada = Creator.objects.create(name="Ada Lovelace")
    other = Creator.objects.create(name="Ada Lovelacce")

    same = page.get(reverse("admin:people_creator_change", args=(ada.pk,))).context["same"]

    assert [one for one, _ in same] == [other]


# ---- merging --------------------------------------------------------------------------------------------------------
def test_two_are_shown_side_by_side_with_what_hangs_on_them_and_then_merged(page):
    keep, other = Creator.objects.create(name="Ada"), Creator.objects.create(name="Ada L.")
    Credit.objects.create(video=make_video(), creator=other)
    chosen = page.post(
        reverse("admin:people_creator_changelist"), {"action": "merge_rows", "_selected_action": [keep.pk, other.pk]}
    )

    sides = page.get(chosen["Location"]).context["sides"]
    page.post(chosen["Location"], {"id": [keep.pk, other.pk], "keep": keep.pk})

    assert [(side.row.name, side.counts) for side in sides] == [("Ada", []), ("Ada L.", [("video", 1)])]
    assert Creator.objects.get() == keep
    assert Credit.objects.get().creator == keep
    assert ChangeBatch.objects.count() == 1


def test_a_merge_with_itself_alone_is_refused_with_a_sentence(page):
    ada = Creator.objects.create(name="Ada")

    response = page.post(reverse("admin:people_creator_merge"), {"id": [ada.pk, ada.pk], "keep": ada.pk})

    assert "Choose at least two people" in response.content.decode()


def test_merging_needs_the_right_to_change(client):
    one, two = Creator.objects.create(name="Ada"), Creator.objects.create(name="Bo")
    sign_in_with(client, "library.open_admin", "people.view_creator")

    response = client.post(reverse("admin:people_creator_merge"), {"id": [one.pk, two.pk], "keep": one.pk})

    assert response.status_code == 403
    assert Creator.objects.count() == 2


def test_a_person_goes_to_the_trash_from_their_page(page):
    ada = Creator.objects.create(name="Ada")

    page.post(reverse("admin:people_creator_trash", args=(ada.pk,)))

    assert Creator.objects.get().trashed_at is not None


def test_the_trash_needs_the_right_to_delete(client):
    ada = Creator.objects.create(name="Ada")
    sign_in_with(client, "library.open_admin", "people.change_creator", "people.view_creator")

    assert client.post(reverse("admin:people_creator_trash", args=(ada.pk,))).status_code == 403
