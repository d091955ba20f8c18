"""Change batches and the history that they are made of."""

import threading

import pytest
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction

from library.models import ChangeBatch, Tag, VideoTag
from library.models.tracking import tracked_models
from library.services.changes import change_batch, count_changes, current_batch, events_of
from people.models import Creator, Credit
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_user, make_video

pytestmark = pytest.mark.django_db


def contexts() -> list[object]:
    return [event.pgh_context_id for event in events_of(Tag)]


def test_what_is_written_in_a_block_belongs_to_its_batch():
    user = make_user(username="anna")

    with change_batch(summary="Added a tag", user=user) as batch:
        Tag.objects.create(name="Beach")

    batch.refresh_from_db()
    assert contexts() == [batch.pk]
    assert (batch.summary, batch.user, batch.user_name, batch.change_count) == ("Added a tag", user, "anna", 1)


def test_a_batch_in_which_nothing_changed_is_not_kept():
    tag = Tag.objects.create(name="Beach")

    with change_batch(summary="Nothing"):
        Tag.objects.filter(pk=tag.pk).update(name="Beach")

    assert not ChangeBatch.objects.exists()


def test_an_inner_block_joins_the_outer_one():
    with change_batch(summary="Outer") as outer, change_batch(summary="Inner", source="rule") as inner:
        Tag.objects.create(name="Beach")

    assert inner is outer
    assert list(ChangeBatch.objects.values_list("summary", "source")) == [("Outer", "manual")]


def test_a_frame_without_a_sentence_takes_that_of_the_first_block_inside():
    with change_batch() as frame:
        with change_batch(summary="Inner", source="rule"):
            Tag.objects.create(name="Beach")
        assert frame.change_count == 1
        with change_batch(summary="Second"):
            Tag.objects.create(name="Sea")

    assert list(ChangeBatch.objects.values_list("summary", "source", "change_count")) == [("Inner", "rule", 2)]


def test_a_block_that_fails_leaves_neither_changes_nor_a_batch():
    with pytest.raises(RuntimeError), change_batch(summary="Added a tag"):
        Tag.objects.create(name="Beach")
        raise RuntimeError

    assert not Tag.objects.exists() and not ChangeBatch.objects.exists() and current_batch() is None


def test_a_savepoint_that_is_given_up_takes_its_events_along():
    with change_batch(summary="Added a tag") as batch:
        Tag.objects.create(name="Beach")
        with pytest.raises(IntegrityError), transaction.atomic():
            Tag.objects.create(name="Sea")
            Tag.objects.create(name="beach")
        Tag.objects.create(name="Sun")

    assert batch.change_count == 2 and contexts() == [batch.pk, batch.pk]


def test_what_follows_in_the_same_transaction_belongs_to_no_batch():
    with transaction.atomic():
        with change_batch(summary="Added a tag") as batch:
            Tag.objects.create(name="Beach")
        Tag.objects.create(name="Sea")

    assert contexts() == [batch.pk, None]


def test_a_row_that_is_changed_twice_counts_once_and_cascades_count():
    creator = Creator.objects.create(name="Ann")
    for _ in range(2):
        Credit.objects.create(video=make_video(), creator=creator)

    with change_batch(summary="Removed Ann") as batch:
        Creator.objects.update(description="1")
        Creator.objects.update(description="2")
        creator.delete()

    assert batch.change_count == 3


def test_counting_is_one_statement(django_assert_num_queries):
    with change_batch(summary="Added a tag") as batch:
        Tag.objects.create(name="Beach")

    with django_assert_num_queries(1):
        assert count_changes(batch) == 1


def test_sql_and_bulk_writes_count_too():
    video, tag = make_video(), Tag.objects.create(name="Beach")

    with change_batch(summary="Edited") as batch, connection.cursor() as cursor:
        cursor.execute("UPDATE library_tag SET color = '#000000'")
        VideoTag.objects.bulk_create([VideoTag(video=video, tag=tag)])

    assert batch.change_count == 2


def test_what_is_copied_in_as_the_first_thing_counts_too():
    columns = "name, color, description, position"

    with (
        change_batch(summary="Imported") as batch,
        connection.cursor() as cursor,
        cursor.copy(f"COPY library_tag ({columns}) FROM STDIN") as copy,
    ):
        copy.write("Beach\t#000000\t\t0\n")

    assert batch.change_count == 1


@pytest.mark.django_db(transaction=True)
def test_a_thread_has_no_part_in_the_batch_of_another():
    def write() -> None:
        assert current_batch() is None
        Tag.objects.create(name="Elsewhere")
        connections.close_all()

    with change_batch(summary="Added a tag") as batch:
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        Tag.objects.create(name="Here")

    assert {e.name: e.pgh_context_id for e in events_of(Tag)} == {"Elsewhere": None, "Here": batch.pk}


def test_the_proof_for_pages_notices_a_write_outside():
    with pytest.raises(AssertionError, match=r"library\.Tag: insert of"), nothing_outside_batches():
        Tag.objects.create(name="Beach")


@pytest.mark.parametrize("model", tracked_models(), ids=lambda model: model._meta.model_name)
def test_history_can_be_neither_changed_nor_removed(model):
    triggers = {trigger.name for trigger in model.pgh_event_model._meta.triggers}

    assert "append_only" in triggers


def test_the_database_refuses_to_rewrite_history():
    Tag.objects.create(name="Beach")

    for write in (lambda: events_of(Tag).update(name="Sea"), lambda: events_of(Tag).delete()):
        with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
            write()

    assert events_of(Tag).count() == 1


@pytest.mark.parametrize("model", tracked_models(), ids=lambda model: model._meta.model_name)
def test_history_is_indexed_by_batch_by_row_and_by_what_it_belongs_to(model):
    table = model.pgh_event_model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
        first_columns = {sql.partition("btree (")[2].split(",")[0].rstrip(")") for (sql,) in cursor.fetchall()}

    wanted = {field.column for field in model.pgh_event_model._meta.concrete_fields if field.is_relation}
    assert wanted <= first_columns and {"pgh_context_id", "pgh_obj_id"} <= wanted


@pytest.mark.django_db(transaction=True)
def test_a_flush_empties_the_history_too():
    Tag.objects.create(name="Beach")

    call_command("flush", interactive=False, verbosity=0)

    assert not events_of(Tag).exists()
