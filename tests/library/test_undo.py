"""Taking batches back: every kind of change, several tables at once, what stands in the way, two at once."""

import json
import threading
from typing import Any

import pgtrigger
import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from library.exceptions import UndoError
from library.models import ChangeBatch, Tag, TagAlias, Video, VideoFile, VideoTag
from library.models.tracking import tracked_models
from library.services.changes import change_batch
from library.services.history import preview_undo, undo_batch
from people.models import Creator, CreatorAlias, Credit, Studio, VideoStudio
from playback.models import Playlist, PlaylistItem
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db


def dump() -> dict[str, dict[Any, Any]]:
    """Every row of every tracked table, without the time of its last change."""
    tables = {}
    with connection.cursor() as cursor:
        for model in tracked_models():
            cursor.execute(f"SELECT to_jsonb(t) - 'updated_at' FROM \"{model._meta.db_table}\" AS t")
            rows = [json.loads(raw) for (raw,) in cursor.fetchall()]
            tables[model._meta.db_table] = {row["id"]: row for row in rows}
    return tables


def test_what_was_added_goes_what_was_removed_comes_back_and_what_was_changed_changes_back():
    video = make_video(title="Holiday")
    beach, sea = Tag.objects.create(name="Beach"), Tag.objects.create(name="Sea")
    VideoTag.objects.create(video=video, tag=beach)
    before = dump()
    with change_batch(summary="Changed it") as batch:
        Video.objects.filter(pk=video.pk).update(title="Harbour", description="Boats")
        VideoTag.objects.create(video=video, tag=sea)
        VideoTag.objects.filter(tag=beach).delete()

    report = undo_batch(batch=batch, user=None)

    assert dump() == before
    assert (report.row_count, report.conflicts) == (3, [])
    assert report.batch and report.batch.summary == "Undid: Changed it" and report.batch.undoes == batch
    assert batch.undone_at is not None


def test_the_undo_of_an_undo_does_it_again_and_so_on():
    video = make_video(title="Holiday")
    with change_batch(summary="Renamed it") as batch:
        Video.objects.filter(pk=video.pk).update(title="Harbour")
    undo = undo_batch(batch=batch, user=None).batch
    assert undo

    redo = undo_batch(batch=undo, user=None).batch

    video.refresh_from_db()
    batch.refresh_from_db()
    assert redo and video.title == "Harbour"
    assert redo.summary == "Did again: Renamed it"
    assert batch.undone_at is None

    undo_batch(batch=redo, user=None)

    video.refresh_from_db()
    states = ChangeBatch.objects.order_by("created_at").values_list("summary", "undone_at")
    assert video.title == "Holiday"
    assert [(summary, bool(undone)) for summary, undone in states] == [
        ("Renamed it", True),
        ("Undid: Renamed it", False),
        ("Did again: Renamed it", True),
        ("Undid: Renamed it", False),
    ]


def test_only_columns_that_still_hold_the_batchs_value_are_written_back():
    video = make_video(title="Holiday")
    with change_batch(summary="Edited") as batch:
        Video.objects.filter(pk=video.pk).update(title="Harbour", description="Boats")
    Video.objects.filter(pk=video.pk).update(title="Port")

    report = undo_batch(batch=batch, user=None)

    video.refresh_from_db()
    assert (video.title, video.description) == ("Port", "")
    assert report.conflicts == ["Video “Port”: title was changed since and stays “Port”."]


def test_what_somebody_else_set_back_already_is_no_conflict():
    video = make_video(title="Holiday")
    with change_batch(summary="Edited") as batch:
        Video.objects.filter(pk=video.pk).update(title="Harbour", description="Boats")
    Video.objects.filter(pk=video.pk).update(title="Holiday")

    assert undo_batch(batch=batch, user=None).conflicts == []


def test_columns_of_machines_are_left_alone():
    video = make_video(title="Holiday")
    with change_batch(summary="Edited") as batch:
        Video.objects.filter(pk=video.pk).update(title="Harbour", view_count=3)
    Video.objects.filter(pk=video.pk).update(view_count=7, duration_seconds=5)

    undo_batch(batch=batch, user=None)

    video.refresh_from_db()
    assert (video.title, video.view_count, video.duration_seconds) == ("Holiday", 7, 5)


def test_an_added_row_that_newer_ones_need_stays():
    with change_batch(summary="Added a tag") as batch:
        tag = Tag.objects.create(name="Beach")
    VideoTag.objects.create(video=make_video(), tag=tag)

    report = undo_batch(batch=batch, user=None)

    assert Tag.objects.filter(pk=tag.pk).exists()
    assert report.batch is None
    assert report.conflicts == ["Tag “Beach” stays: a video tag that was added since needs it."]
    assert ChangeBatch.objects.get(pk=batch.pk).undone_at is None


def test_an_added_row_that_was_changed_since_stays_and_so_does_what_it_needs():
    with change_batch(summary="Added a tag") as batch:
        tag = Tag.objects.create(name="Beach")
        alias = TagAlias.objects.create(tag=tag, name="Strand")
        TagAlias.objects.create(tag=tag, name="Plage")
    TagAlias.objects.filter(pk=alias.pk).update(name="Playa")

    report = undo_batch(batch=batch, user=None)

    assert list(TagAlias.objects.values_list("name", flat=True)) == ["Playa"]
    assert sorted(report.conflicts) == [
        "Tag alias “Playa” was changed since it was added, so it stays.",
        "Tag “Beach” stays: a tag alias that was added since needs it.",
    ]


def test_a_removed_row_whose_owner_is_gone_does_not_come_back():
    video, tag = make_video(), Tag.objects.create(name="Beach")
    VideoTag.objects.create(video=video, tag=tag)
    with change_batch(summary="Removed a tag") as batch:
        VideoTag.objects.all().delete()
    tag.delete()

    report = undo_batch(batch=batch, user=None)

    assert not VideoTag.objects.exists()
    assert report.conflicts == [f"Video tag “{video.title}, Beach” doesn't get back its tag “Beach”, which is gone."]


def test_a_removed_row_comes_back_without_what_it_merely_pointed_to():
    water = Tag.objects.create(name="Water")
    Tag.objects.create(name="Beach", parent=water)
    with change_batch(summary="Removed a tag") as batch:
        Tag.objects.get(name="Beach").delete()
    water.delete()

    undo_batch(batch=batch, user=None)

    assert Tag.objects.get(name="Beach").parent is None


def test_a_removed_row_whose_place_is_taken_does_not_come_back():
    with change_batch(summary="Added"):
        Tag.objects.create(name="Beach")
    with change_batch(summary="Removed a tag") as batch:
        Tag.objects.all().delete()
    newer = Tag.objects.create(name="BEACH")

    report = undo_batch(batch=batch, user=None)

    assert Tag.objects.get() == newer
    assert report.conflicts == [f"Tag “Beach” doesn't come back: tag {newer.pk} has its place now."]


def test_a_value_that_another_row_took_meanwhile_stays_there():
    tag = Tag.objects.create(name="Beach")
    with change_batch(summary="Renamed") as batch:
        Tag.objects.filter(pk=tag.pk).update(name="Strand", color="#000000")
    newer = Tag.objects.create(name="beach")

    report = undo_batch(batch=batch, user=None)

    tag.refresh_from_db()
    assert (tag.name, tag.color) == ("Strand", "#6B7280")
    assert report.conflict_count == 1 and str(newer.pk) in report.conflicts[0]


def test_rows_that_swapped_a_unique_name_swap_back():
    one, two = Tag.objects.create(name="One"), Tag.objects.create(name="Two")
    VideoTag.objects.create(video=make_video(), tag=one)
    before = dump()
    with change_batch(summary="Swapped") as batch:
        Tag.objects.filter(pk=one.pk).update(name="-")
        Tag.objects.filter(pk=two.pk).update(name="One")
        Tag.objects.filter(pk=one.pk).update(name="Two")

    report = undo_batch(batch=batch, user=None)
    assert dump() == before

    assert report.batch
    undo_batch(batch=report.batch, user=None)
    assert Tag.objects.get(pk=one.pk).name == "Two"


def test_the_primary_studio_moves_back():
    video = make_video()
    first, second = Studio.objects.create(name="A"), Studio.objects.create(name="B")
    one = VideoStudio.objects.create(video=video, studio=first, is_primary=True)
    two = VideoStudio.objects.create(video=video, studio=second)
    before = dump()
    with change_batch(summary="Moved") as batch:
        VideoStudio.objects.filter(pk=one.pk).update(is_primary=False)
        VideoStudio.objects.filter(pk=two.pk).update(is_primary=True)

    undo_batch(batch=batch, user=None)

    assert dump() == before


def test_positions_of_a_playlist_move_back():
    playlist = Playlist.objects.create(user=make_user(), name="Evening")
    items = [PlaylistItem.objects.create(playlist=playlist, video=make_video(), position=n) for n in range(4)]
    before = dump()
    with change_batch(summary="Turned round") as batch:
        for item in items:
            PlaylistItem.objects.filter(pk=item.pk).update(position=3 - item.position)
    connection.check_constraints()

    undo_batch(batch=batch, user=None)

    assert dump() == before


def test_a_tree_that_was_removed_comes_back_whole():
    root = Tag.objects.create(name="Places")
    middle = Tag.objects.create(name="Water", parent=root)
    leaf = Tag.objects.create(name="Beach", parent=middle)
    VideoTag.objects.create(video=make_video(), tag=leaf)
    before = dump()
    with change_batch(summary="Removed the tree") as batch:
        Tag.objects.all().delete()

    undo_batch(batch=batch, user=None)

    assert dump() == before


def test_a_tree_that_was_turned_upside_down_is_turned_back():
    root = Tag.objects.create(name="Places")
    leaf = Tag.objects.create(name="Beach", parent=root)
    before = dump()
    with change_batch(summary="Turned") as batch:
        Tag.objects.filter(pk=leaf.pk).update(parent=None)
        Tag.objects.filter(pk=root.pk).update(parent=leaf)

    undo_batch(batch=batch, user=None)

    assert dump() == before


def test_an_undo_that_would_close_a_circle_is_refused_whole():
    root, leaf = Tag.objects.create(name="Places"), Tag.objects.create(name="Beach")
    Tag.objects.filter(pk=leaf.pk).update(parent=root)
    with change_batch(summary="Freed") as batch:
        Tag.objects.filter(pk=leaf.pk).update(parent=None, color="#000000")
    Tag.objects.filter(pk=root.pk).update(parent=leaf)

    with pytest.raises(UndoError):
        undo_batch(batch=batch, user=None)

    assert Tag.objects.get(pk=leaf.pk).color == "#000000"


def test_a_merge_by_hand_is_undone():
    keep, lose = Creator.objects.create(name="Ann"), Creator.objects.create(name="Anna")
    both, only = make_video(), make_video()
    for video, creator in ((both, keep), (both, lose), (only, lose)):
        Credit.objects.create(video=video, creator=creator)
    CreatorAlias.objects.create(creator=lose, name="A.")
    before = dump()
    with change_batch(summary="Merged Anna into Ann") as batch:
        Credit.objects.filter(creator=lose, video=both).delete()
        Credit.objects.filter(creator=lose).update(creator=keep)
        CreatorAlias.objects.filter(creator=lose).update(creator=keep)
        CreatorAlias.objects.create(creator=keep, name="Anna")
        lose.delete()

    report = undo_batch(batch=batch, user=None)
    assert (dump(), report.conflicts) == (before, [])

    assert report.batch
    undo_batch(batch=report.batch, user=None)
    assert Creator.objects.get() == keep and Credit.objects.count() == 2


def test_a_merge_of_videos_gives_each_its_file_back():
    keep, lose = make_video(title="Keep"), make_video(title="Lose")
    first, second = make_file(video=keep), make_file(video=lose)
    before = dump()
    with change_batch(summary="Merged") as batch:
        VideoFile.objects.filter(pk=second.pk).update(video=keep, is_primary=False)
        Video.objects.filter(pk=lose.pk).delete()

    undo_batch(batch=batch, user=None)

    first.refresh_from_db()
    assert dump() == before
    assert Video.objects.get(title="Lose").missing_since is None


def test_a_batch_is_undone_once():
    with change_batch(summary="Added a tag") as batch:
        Tag.objects.create(name="Beach")
    undo_batch(batch=batch, user=None)

    with pytest.raises(UndoError, match="undone already"):
        undo_batch(batch=batch, user=None)
    with pytest.raises(UndoError, match="undone already"):
        preview_undo(batch=batch)


def test_a_purge_cannot_be_undone():
    with change_batch(summary="Purged", can_undo=False) as batch:
        Tag.objects.create(name="Beach")

    with pytest.raises(UndoError, match="can't be undone"):
        undo_batch(batch=batch, user=None)


def test_a_preview_says_what_would_happen_and_changes_nothing():
    video = make_video(title="Holiday")
    with change_batch(summary="Edited") as batch:
        Video.objects.filter(pk=video.pk).update(title="Harbour", description="Boats")
    Video.objects.filter(pk=video.pk).update(title="Port")
    before = dump()

    preview = preview_undo(batch=batch)

    assert dump() == before
    assert (preview.row_count, preview.conflict_count, preview.batch) == (1, 1, None)
    assert preview.conflicts == undo_batch(batch=batch, user=None).conflicts


def _edit(count: int) -> ChangeBatch:
    """A bulk edit: a title, a tag more, a tag fewer and another studio for so many videos."""
    Video.objects.bulk_create(Video(title=f"Video {number}") for number in range(count))
    videos = list(Video.objects.order_by("-pk")[:count])
    old, new = Tag.objects.create(name=f"Old {count}"), Tag.objects.create(name=f"New {count}")
    here, there = Studio.objects.create(name=f"Here {count}"), Studio.objects.create(name=f"There {count}")
    VideoTag.objects.bulk_create(VideoTag(video=video, tag=old) for video in videos)
    VideoStudio.objects.bulk_create(VideoStudio(video=video, studio=here, is_primary=True) for video in videos)
    ids = [video.pk for video in videos]
    with change_batch(summary=f"Edited {count} videos") as batch:
        Video.objects.filter(pk__in=ids).update(title="The same", description="All of them")
        VideoTag.objects.filter(tag=old).delete()
        VideoTag.objects.bulk_create(VideoTag(video_id=pk, tag=new) for pk in ids)
        VideoStudio.objects.filter(studio=here).update(is_primary=False)
        VideoStudio.objects.bulk_create(VideoStudio(video_id=pk, studio=there, is_primary=True) for pk in ids)
    return batch


@pytest.mark.slow
def test_the_undo_of_a_bulk_edit_of_5000_videos_restores_exactly_what_was():
    untouched = make_video()
    VideoTag.objects.create(video=untouched, tag=Tag.objects.create(name="Other"))
    count = 5000
    # The triggers that follow the words of videos are not the subject here, and slow in one long transaction.
    with pgtrigger.ignore():
        Video.objects.bulk_create(Video(title=f"Video {number}") for number in range(count))
        ids = list(Video.objects.exclude(pk=untouched.pk).values_list("pk", flat=True))
        old, new = Tag.objects.create(name="Old"), Tag.objects.create(name="New")
        here, there = Studio.objects.create(name="Here"), Studio.objects.create(name="There")
        VideoTag.objects.bulk_create(VideoTag(video_id=pk, tag=old) for pk in ids)
        VideoStudio.objects.bulk_create(VideoStudio(video_id=pk, studio=here, is_primary=True) for pk in ids)
    # As after any time in use: the triggers that follow the words of a video are planned by the tables' statistics.
    connection.cursor().execute("ANALYZE")
    before = dump()
    with change_batch(summary="Edited 5,000 videos") as batch:
        Video.objects.filter(pk__in=ids).update(title="The same", description="All of them")
        VideoTag.objects.filter(tag=old).delete()
        VideoTag.objects.bulk_create((VideoTag(video_id=pk, tag=new) for pk in ids), batch_size=1000)
        VideoStudio.objects.filter(studio=here).update(is_primary=False)
        links = [VideoStudio(video_id=pk, studio=there, is_primary=True) for pk in ids]
        VideoStudio.objects.bulk_create(links, batch_size=1000)
    assert dump() != before

    report = undo_batch(batch=batch, user=None)

    assert dump() == before
    assert (report.row_count, report.conflict_count) == (5 * count, 0)


def test_the_number_of_statements_does_not_grow_with_the_rows():
    few, many = _edit(3), _edit(60)

    with CaptureQueriesContext(
        connection,
    ) as small:
        undo_batch(batch=few, user=None)
    with CaptureQueriesContext(connection) as large:
        undo_batch(batch=many, user=None)

    assert len(large) == len(small) < 60


def _race(batch: ChangeBatch, undo: Any) -> list[str]:
    """Two threads undo the batch at the same time; what became of each."""
    barrier = threading.Barrier(2)
    ends: list[str] = []

    def run() -> None:
        try:
            barrier.wait()
            ends.append("undone" if undo(batch) else "nothing")
        except UndoError:
            ends.append("told")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


@pytest.mark.django_db(transaction=True)
def test_of_two_undos_at_once_the_second_is_told():
    video = make_video(title="Holiday")
    with change_batch(summary="Renamed") as batch:
        Video.objects.filter(pk=video.pk).update(title="Harbour")

    ends = _race(batch, lambda batch: undo_batch(batch=batch, user=None).batch)

    assert ends == ["told", "undone"]
    assert ChangeBatch.objects.filter(undoes=batch).count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_undo_waits_for_whoever_is_editing_the_row_and_then_sees_the_edit():
    video = make_video(title="Holiday")
    with change_batch(summary="Renamed") as batch:
        Video.objects.filter(pk=video.pk).update(title="Harbour")
    reports: list[Any] = []

    def undo() -> None:
        reports.append(undo_batch(batch=batch, user=None))
        connections.close_all()

    with transaction.atomic():
        Video.objects.filter(pk=video.pk).update(title="Port")
        thread = threading.Thread(target=undo)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
    thread.join()

    video.refresh_from_db()
    assert video.title == "Port"
    assert reports[0].conflict_count == 1
