"""Names that are taken and rows that are there twice, in the admin's forms."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from library.admin import curated
from library.models import Tag
from people.models import Creator, ExternalId, Platform, SocialLink, Studio
from tests.library.factories import make_user
from tests.people.factories import make_creator, make_studio, make_tag
from tests.people.test_admin import form_data

pytestmark = pytest.mark.django_db
_KINDS = [
    pytest.param("people_creator", make_creator, id="people"),
    pytest.param("people_studio", make_studio, id="studios"),
    pytest.param("library_tag", make_tag, id="tags"),
]


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(make_user(is_superuser=True))
    return client


def sent(page: Client, address: str, **values: Any) -> Any:
    """The answer to the page's form, sent with these values."""
    return page.post(address, form_data(page, address, position=0, color="#6B7280", **values))


def errors_of(response: Any) -> str:
    assert response.status_code == 200, "the form came back"
    return str(response.context["errors"])


@pytest.mark.parametrize(("name", "make"), _KINDS)
def test_a_new_name_that_is_taken_is_answered_with_the_row_that_has_it(page: Client, name: str, make: Any) -> None:
    row = make(name="North Light")

    response = sent(page, reverse(f"admin:{name}_add"), name=" north   LIGHT ")

    assert f"{reverse(f'admin:{name}_change', args=(row.pk,))}" in errors_of(response)
    assert type(row).objects.count() == 1


@pytest.mark.parametrize(("name", "make"), _KINDS)
def test_a_row_that_is_given_anothers_name_can_be_merged_with_it(page: Client, name: str, make: Any) -> None:
    row, other = make(name="North Light"), make(name="Northern")

    response = sent(page, reverse(f"admin:{name}_change", args=(other.pk,)), name="north light")

    assert f"{reverse(f'admin:{name}_merge')}?id={other.pk}&amp;id={row.pk}" in errors_of(response)
    assert "Merge the two" in response.content.decode()


@pytest.mark.parametrize(("name", "make"), _KINDS)
def test_a_name_that_lies_in_the_trash_is_said_to_lie_there(page: Client, name: str, make: Any) -> None:
    row = make(name="North Light", trashed_at=timezone.now())

    response = sent(page, reverse(f"admin:{name}_add"), name="North light")

    assert f"{reverse('trash')}?kind={row._meta.model_name}" in errors_of(response)


def test_what_tells_two_of_one_name_apart_makes_the_name_free(page: Client) -> None:
    make_creator(name="Ada")
    make_tag(name="Beach")
    places = make_tag(name="Places")

    sent(page, reverse("admin:people_creator_add"), name="Ada", disambiguation="painter")
    taken = sent(page, reverse("admin:people_creator_add"), name="ada", disambiguation=" PAINTER ")
    sent(page, reverse("admin:library_tag_add"), name="beach", parent=str(places.pk))

    assert [str(creator) for creator in Creator.objects.order_by("pk")] == ["Ada", "Ada (painter)"]
    assert "has that name already" in errors_of(taken)
    assert Tag.objects.filter(parent=places).count() == 1


def test_a_platform_of_a_taken_name_is_refused(page: Client) -> None:
    before = Platform.objects.count()

    response = sent(page, reverse("admin:people_platform_add"), name="  vimeo ")

    assert "There is a platform of that name already." in errors_of(response)
    assert Platform.objects.count() == before


@pytest.mark.parametrize(("name", "make"), _KINDS)
def test_a_name_of_nothing_that_can_be_seen_is_refused(page: Client, name: str, make: Any) -> None:
    response = sent(page, reverse(f"admin:{name}_add"), name="\u200b \u200b")

    assert "This field cannot be blank." in errors_of(response)


@pytest.mark.parametrize(("name", "make"), _KINDS)
@pytest.mark.parametrize("stored", [[], ["Foo"]], ids=["both new", "one stored"])
def test_another_name_is_given_once(page: Client, name: str, make: Any, stored: list[str]) -> None:
    row = make()
    for one in stored:
        row.aliases.create(name=one)
    rows = {f"aliases-{number}-name": text for number, text in enumerate(("Foo", " FOO "))}

    response = sent(page, reverse(f"admin:{name}_change", args=(row.pk,)), **{"aliases-TOTAL_FORMS": "2", **rows})

    assert "is there twice" in errors_of(response)
    assert row.aliases.count() == len(stored)


@pytest.mark.parametrize(
    ("prefix", "columns", "model"),
    [
        ("social_links", {"url": "https://example.org/"}, SocialLink),
        ("external_ids", {"source": "stash", "external_id": "1"}, ExternalId),
    ],
)
@pytest.mark.parametrize("kind", [Creator, Studio])
def test_a_link_and_an_external_id_are_given_once(
    page: Client, kind: type[models.Model], prefix: str, columns: dict[str, str], model: type[models.Model]
) -> None:
    row = kind._default_manager.create(name="North Light")
    rows = {f"{prefix}-{number}-{column}": text for number in (0, 1) for column, text in columns.items()}
    address = reverse(f"admin:people_{kind._meta.model_name}_change", args=(row.pk,))

    response = sent(page, address, **{f"{prefix}-TOTAL_FORMS": "2", **rows})

    assert "is there twice" in errors_of(response)
    assert not model._default_manager.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "make"), _KINDS)
def test_who_saves_a_name_that_somebody_saves_at_the_same_moment_gets_the_sentence(
    page: Client, name: str, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _meet(make, monkeypatch)

    response = sent(page, reverse(f"admin:{name}_add"), name="North Light")

    assert "has that name already" in errors_of(response)


@pytest.mark.django_db(transaction=True)
def test_without_a_second_look_the_database_would_refuse_it(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _meet(make_creator, monkeypatch)
    monkeypatch.setattr(curated, "UniqueViolation", KeyError)

    with pytest.raises(IntegrityError):
        sent(page, reverse("admin:people_creator_add"), name="North Light")


def _meet(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else commits the name after the form was found to be right, and before it is saved."""
    save = curated.CuratedAdmin.save_model
    met: list[bool] = []

    def late(admin: Any, request: Any, obj: Any, form: Any, change: bool) -> None:
        if not met:
            met.append(True)
            other = threading.Thread(target=_elsewhere, args=(make,))
            other.start()
            other.join()
        save(admin, request, obj, form, change)

    monkeypatch.setattr(curated.CuratedAdmin, "save_model", late)


def _elsewhere(make: Any) -> None:
    make(name="north light")
    connection.close()
