"""People by name."""

import pytest
from django.utils import timezone

from library.models import ChangeBatch
from people.exceptions import AmbiguousNameError
from people.models import Creator
from people.services.creators import add_alias, find_creator, find_or_create_creator, similar_creators
from tests.people.factories import make_creator

pytestmark = pytest.mark.django_db


def test_a_person_is_found_whatever_case_spaces_and_composed_accents():
    creator = make_creator(name="Zoë Ray")

    assert find_creator(" ZOE\u0308  ray ") == creator
    assert find_creator("Zoe Ray") is None


def test_a_person_is_found_by_an_alias_and_a_name_goes_first():
    ada, bo = make_creator(name="Ada"), make_creator(name="Bo")
    add_alias(creator=ada, name="Bo", user=None)
    add_alias(creator=ada, name="Ada L.", user=None)

    assert find_creator("bo") == bo
    assert find_creator("ada l.") == ada


@pytest.mark.parametrize("name", ["ΟΔΥΣΣΕΥΣ", "İstanbul", "STRASSE", "ﬁlm"])
def test_a_person_is_found_in_every_alphabet_as_the_database_sees_it(name):
    made = find_or_create_creator(name=name)

    assert find_or_create_creator(name=name).row == made.row
    add_alias(creator=make_creator(), name=name, user=None)
    assert find_creator(name) == made.row


def test_an_alias_of_somebody_in_use_goes_before_a_name_in_the_trash():
    anna = make_creator(name="Anna")
    add_alias(creator=anna, name="Ann", user=None)
    ann = make_creator(name="Ann", trashed_at=timezone.now())

    assert find_or_create_creator(name="ann").row == anna
    anna.trashed_at = timezone.now()
    anna.save()
    assert find_or_create_creator(name="ann").row == ann


def test_two_people_of_one_alias_are_never_guessed():
    ada, bo = make_creator(name="Ada"), make_creator(name="Bo")
    for creator in (ada, bo):
        add_alias(creator=creator, name="Star", user=None)

    with pytest.raises(AmbiguousNameError, match="Ada, Bo") as caught:
        find_or_create_creator(name="star")
    assert caught.value.candidates == [ada, bo]

    bo.trashed_at = timezone.now()
    bo.save()
    assert find_creator("star") == ada


def test_two_people_of_one_name_are_told_apart_by_the_disambiguation():
    singer = make_creator(name="Ada", disambiguation="singer")
    painter = make_creator(name="Ada", disambiguation="painter")

    assert find_creator("ada", disambiguation="Singer") == singer
    with pytest.raises(AmbiguousNameError, match=r"Ada \(singer\), Ada \(painter\)"):
        find_creator("ada")
    other = find_or_create_creator(name="Ada", disambiguation="dancer")
    assert other.is_new
    assert other.row not in (singer, painter)


def test_a_missing_person_is_made_once_with_the_facts():
    made = find_or_create_creator(name=" Ada ", birthplace="Oslo", source="import")
    again = find_or_create_creator(name="ADA", birthplace="Rome")

    assert (made.is_new, made.row.name, made.row.birthplace) == (True, "Ada", "Oslo")
    assert (again.is_new, again.row) == (False, made.row)
    assert [batch.source for batch in ChangeBatch.objects.all()] == ["import"]


def test_a_trashed_person_is_taken_out_of_the_trash():
    creator = make_creator(name="Ada", trashed_at=timezone.now())

    found = find_or_create_creator(name="ada")

    assert (found.row, found.was_trashed) == (creator, True)
    assert Creator.objects.get().trashed_at is None


def test_an_alias_is_added_once_and_never_equals_the_name():
    creator = make_creator(name="Ada")

    assert add_alias(creator=creator, name=" Lady  A ", user=None).name == "Lady A"
    assert add_alias(creator=creator, name="lady a", user=None) is None
    assert add_alias(creator=creator, name="ADA", user=None) is None


@pytest.mark.parametrize("save", [lambda one: one.save(), lambda one: Creator.objects.bulk_create([one])])
def test_a_name_is_stored_clean_whichever_way(save):
    save(Creator(name=" Ada \u200b  L. ", disambiguation=" the  first "))

    stored = Creator.objects.get()
    assert (stored.name, stored.disambiguation) == ("Ada L.", "the first")


def test_two_of_one_name_are_offered_as_the_same_whatever_the_case():
    singer, painter = make_creator(name="Ada", disambiguation="singer"), make_creator(name="ADA")

    assert similar_creators(" ada ") == [singer, painter]


def test_names_that_nearly_agree_are_offered_the_nearest_first():
    make_creator(name="Johanna Berg")
    make_creator(name="Johana Bergh")
    make_creator(name="Someone Else")

    assert [row.name for row in similar_creators("Johanna  Bergs")] == ["Johanna Berg", "Johana Bergh"]
