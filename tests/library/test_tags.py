"""Tags by name, and their tree."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from library.exceptions import TreeError
from library.models import ChangeBatch, Tag, TagAlias
from library.services.tags import (
    descendant_ids,
    find_or_create_tag,
    find_tag,
    move_tag,
    reorder_tags,
    similar_tags,
    tag_counts,
    tag_tree,
)
from tests.library.factories import make_video
from tests.people.factories import make_tag, put
from tests.people.racing import move_at_once

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["Café Olé", "  café   OLÉ ", "Cafe\u0301 Ole\u0301"])
def test_a_tag_is_found_whatever_case_spaces_and_composed_accents(name):
    tag = make_tag(name="Café Olé")

    assert find_tag(name) == tag


def test_a_tag_is_found_by_its_alias_and_a_name_goes_first():
    beach, sand = make_tag(name="Beach"), make_tag(name="Sand")
    TagAlias.objects.create(tag=beach, name="Sand")
    TagAlias.objects.create(tag=beach, name="Seaside")

    assert find_tag("sand") == sand
    assert find_tag("SEASIDE") == beach


def test_with_a_parent_only_its_children_are_looked_at():
    root = make_tag(name="Places")
    make_tag(name="Beach")
    child = make_tag(name="Beach", parent=root)

    assert find_tag("beach", parent=root) == child
    assert find_tag("places", parent=root) is None


def test_a_missing_tag_is_made_once():
    first = find_or_create_tag(name="  Beach  ")
    again = find_or_create_tag(name="BEACH")

    assert (first.is_new, first.row.name) == (True, "Beach")
    assert (again.is_new, again.row) == (False, first.row)
    assert ChangeBatch.objects.count() == 1


def test_a_trashed_tag_is_taken_out_of_the_trash():
    tag = make_tag(name="Beach", trashed_at=timezone.now())

    found = find_or_create_tag(name="beach")

    tag.refresh_from_db()
    assert (found.row, found.is_new, found.was_trashed, tag.trashed_at) == (tag, False, True, None)


def test_a_tag_without_a_name_is_refused():
    with pytest.raises(ValueError, match="needs a name"):
        find_or_create_tag(name=" \t")


@pytest.mark.parametrize("typed", ["Cafe", "Caf é", "café!", "Tattoos", "Tatoo"])
def test_names_that_nearly_agree_are_offered(typed):
    names = {make_tag(name="Café").name, make_tag(name="Tattoo").name}
    make_tag(name="Something else")

    assert {tag.name for tag in similar_tags(typed)} <= names
    assert similar_tags(typed)


def test_short_words_that_differ_by_a_letter_are_not_offered_nor_trashed_ones():
    make_tag(name="sun")
    make_tag(name="Outdoor", trashed_at=timezone.now())

    assert similar_tags("run") == []
    assert similar_tags("outdoors") == []


def test_tags_of_one_name_in_two_places_are_offered_as_the_same():
    beach = make_tag(name="Beach")
    other = make_tag(name="BEACH", parent=make_tag(name="Places"))

    assert similar_tags("beach") == [beach, other]


def test_an_alias_of_a_tag_in_use_goes_before_a_name_in_the_trash():
    beach = make_tag(name="Beach")
    TagAlias.objects.create(tag=beach, name="Seaside")
    make_tag(name="Seaside", trashed_at=timezone.now())

    assert find_or_create_tag(name="seaside").row == beach


def test_a_tag_moves_below_another_and_back_to_the_top():
    root, tag = make_tag(), make_tag()

    move_tag(tag=tag, parent=root, user=None)
    assert Tag.objects.get(pk=tag.pk).parent == root

    move_tag(tag=tag, parent=None, user=None)
    assert Tag.objects.get(pk=tag.pk).parent is None


def test_a_tag_below_itself_is_refused_with_a_sentence():
    root = make_tag(name="Places")
    child = make_tag(name="Beach", parent=root)
    grandchild = make_tag(name="Dune", parent=child)

    for parent in (root, child, grandchild):
        with pytest.raises(TreeError, match="Places can't lie below itself"):
            move_tag(tag=root, parent=parent, user=None)
    root.parent = grandchild
    with pytest.raises(ValidationError, match="can't lie below itself"):
        root.full_clean()


def test_a_tag_beside_one_of_its_name_is_refused_with_a_sentence():
    root, tag = make_tag(name="Places"), make_tag(name="beach")
    make_tag(name="Beach", parent=root)

    with pytest.raises(TreeError, match="Merge the two"):
        move_tag(tag=tag, parent=root, user=None)


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_a_cycle_at_the_end_of_the_transaction():
    root = make_tag()
    child = make_tag(parent=root)

    with pytest.raises(IntegrityError, match="can't lie below itself"), transaction.atomic():
        Tag.objects.filter(pk=root.pk).update(parent=child)


@pytest.mark.django_db(transaction=True)
def test_two_tags_may_change_places_in_two_statements():
    root = make_tag()
    child = make_tag(parent=root)

    with transaction.atomic():
        Tag.objects.filter(pk=root.pk).update(parent=child)
        Tag.objects.filter(pk=child.pk).update(parent=None)

    root.refresh_from_db()
    assert root.parent == child


@pytest.mark.django_db(transaction=True)
def test_of_two_moves_that_together_make_a_cycle_one_is_refused():
    errors = move_at_once(make_tag, lambda tag, parent: move_tag(tag=tag, parent=parent, user=None))

    assert [type(error) for error in errors] == [TreeError]
    assert Tag.objects.exclude(parent=None).count() == 1


def test_descendants_leave_out_what_lies_in_the_trash(django_assert_num_queries):
    root = make_tag()
    child = make_tag(parent=root)
    grandchild = make_tag(parent=child)
    trashed = make_tag(parent=root, trashed_at=timezone.now())
    make_tag(parent=trashed)

    with django_assert_num_queries(1):
        assert descendant_ids([root.pk]) == {root.pk, child.pk, grandchild.pk}
    assert descendant_ids([]) == set()


def test_the_tree_counts_each_video_once_and_trashed_ones_not(django_assert_num_queries):
    root = make_tag(name="Places", position=1)
    first = make_tag(name="Animals")
    beach, dune = make_tag(name="Beach", parent=root), make_tag(name="Dune", parent=root)
    one, two, gone = make_video(), make_video(), make_video(trashed_at=timezone.now())
    put(beach, one, two, gone)
    put(dune, one)

    with django_assert_num_queries(4):
        tree = tag_tree()
    with django_assert_num_queries(2):
        tag_tree()

    assert [node.tag for node in tree] == [first, root]
    assert [(node.tag, node.video_count, node.depth) for node in tree[1].children] == [(beach, 2, 1), (dune, 1, 1)]
    assert (tree[1].video_count, tree[1].total_count, tree[1].children[0].total_count) == (0, 2, 2)


def test_a_number_of_many_is_kept_for_a_while_and_a_small_one_is_not(monkeypatch):
    monkeypatch.setattr("library.services.tags._MANY", 2)
    cache.clear()
    often, seldom = make_tag(), make_tag()
    put(often, *(make_video() for _ in range(3)))
    put(seldom, make_video())
    first = tag_counts([often.pk, seldom.pk])
    put(often, make_video())
    put(seldom, make_video())

    second = tag_counts([often.pk, seldom.pk])

    assert (first[0], second[0]) == ({often.pk: 3, seldom.pk: 1}, {often.pk: 3, seldom.pk: 2})
    cache.clear()
    assert tag_counts([often.pk, seldom.pk])[0] == {often.pk: 4, seldom.pk: 2}
    cache.clear()


def test_siblings_get_an_order_and_others_are_refused():
    root = make_tag()
    one, two, three = (make_tag(parent=root) for _ in range(3))

    reorder_tags(tag_ids=[three.pk, one.pk, two.pk], user=None)

    assert list(root.children.all()) == [three, one, two]
    with pytest.raises(TreeError, match="below the same one"):
        reorder_tags(tag_ids=[root.pk, one.pk], user=None)
