"""Studios: names and trees."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from library.exceptions import TreeError
from people.exceptions import AmbiguousNameError
from people.models import Studio
from people.services.studios import (
    add_studio_alias,
    descendant_ids,
    find_or_create_studio,
    find_studio,
    move_studio,
    similar_studios,
)
from tests.people.factories import make_studio
from tests.people.racing import move_at_once

pytestmark = pytest.mark.django_db


def move_unasked(studio: Studio, parent: Studio) -> None:
    Studio.objects.filter(pk=studio.pk).update(parent=parent)


def test_a_studio_is_found_by_name_and_alias_and_nobody_is_guessed():
    studio = make_studio(name="Northlight")
    add_studio_alias(studio=studio, name="NL Films", user=None)

    assert find_studio(" northLIGHT ") == find_studio("nl films") == studio
    make_studio(name="Northlight", disambiguation="Oslo")
    with pytest.raises(AmbiguousNameError, match="Say which one"):
        find_studio("Northlight")


def test_a_missing_studio_is_made_and_a_trashed_one_taken_out():
    made = find_or_create_studio(name="Northlight", url="https://example.org/")
    Studio.objects.update(trashed_at=timezone.now())

    again = find_or_create_studio(name="NORTHLIGHT")

    assert (made.is_new, made.row.url) == (True, "https://example.org/")
    assert (again.row, again.was_trashed) == (made.row, True)
    assert [studio.name for studio in similar_studios("North light")] == ["Northlight"]


@pytest.mark.parametrize("field", ["parent", "network"])
def test_a_studio_that_is_part_of_itself_is_refused_with_a_sentence(field):
    above = make_studio(name="Above")
    below = make_studio(name="Below", **{field: above})

    with pytest.raises(TreeError, match="Above can't be"):
        move_studio(**{"parent": None, "network": None, "studio": above, "user": None, field: below})
    setattr(above, field, below)
    with pytest.raises(ValidationError, match="A studio can't be"):
        above.full_clean()


def test_a_studio_moves():
    above, network, studio = make_studio(), make_studio(), make_studio()

    move_studio(studio=studio, parent=above, network=network, user=None)

    studio.refresh_from_db()
    assert (studio.parent, studio.network) == (above, network)


def test_descendants_are_found_by_parent_and_by_network():
    network = make_studio()
    member = make_studio(network=network)
    part = make_studio(parent=member)
    make_studio(parent=member, trashed_at=timezone.now())

    assert descendant_ids([network.pk]) == {network.pk, member.pk, part.pk}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("field", ["parent", "network"])
def test_the_database_refuses_a_cycle_at_the_end_of_the_transaction(field):
    above = make_studio()
    below = make_studio(**{field: above})

    with pytest.raises(IntegrityError, match="A studio can't be"), transaction.atomic():
        Studio.objects.filter(pk=above.pk).update(**{field: below})


@pytest.mark.django_db(transaction=True)
def test_of_two_moves_that_together_make_a_cycle_one_is_refused():
    errors = move_at_once(
        make_studio, lambda studio, parent: move_studio(studio=studio, parent=parent, network=None, user=None)
    )

    assert [type(error) for error in errors] == [TreeError]
    assert Studio.objects.exclude(parent=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_one_of_two_such_moves_that_ask_nobody():
    errors = move_at_once(make_studio, move_unasked)

    assert [type(error) for error in errors] == [IntegrityError]
    assert Studio.objects.exclude(parent=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_trigger_both_moves_go_through():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(tgname) FROM pg_trigger"
            " WHERE tgrelid = 'people_studio'::regclass AND tgname LIKE '%no_cycle_of_parent%'"
        )
        (name,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE people_studio DISABLE TRIGGER {name}")
    try:
        errors = move_at_once(make_studio, move_unasked)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE people_studio ENABLE TRIGGER {name}")

    assert errors == []
    assert Studio.objects.exclude(parent=None).count() == 2
