"""What the stages write about a file, and the video it gets."""

import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from library.exceptions import FileChangedError
from library.hashing import content_hash, oshash
from library.models import Folder, Video, VideoFile
from library.models.file import FileState
from library.services import fail_file, finish_file, record_facts
from library.services import files as files_module
from library.services.files import count_seconds
from library.services.videos import promote_present_files, remuxes_of
from tests.library.factories import make_facts, make_file, make_folder, make_video, write_file

pytestmark = pytest.mark.django_db

KIB_64 = 64 * 1024
PACKETS = "ab" * 16


def new_file(path: str | Path, folder: Folder | None = None, **columns: Any) -> VideoFile:
    """A file on disk that a scan has found and nobody has looked into."""
    parent = Path(path).parent
    folder = folder or Folder.objects.filter(path=str(parent)).first() or make_folder(path=parent)
    return make_file(path=path, folder=folder, state=FileState.NEW, **columns)


def record(file: VideoFile, **facts: Any) -> VideoFile:
    return record_facts(file_id=file.pk, mtime_ns=file.mtime_ns, facts=make_facts(**facts))


def same_ends(path: Path, middle: bytes) -> str:
    """A file whose size, first and last 64 KiB are those of every other one made here."""
    return write_file(path, content=b"h" * KIB_64 + middle + b"t" * KIB_64)


def test_the_facts_are_written_to_the_file(tmp_path):
    file = new_file(write_file(tmp_path / "a.mp4"))

    record(file, container="matroska", width=640, notes=["No sound."], streams=[{"index": 0}])

    file.refresh_from_db()
    assert (file.container, file.width, file.notes, file.streams) == ("matroska", 640, ["No sound."], [{"index": 0}])
    assert (file.state, file.error, file.probed_at is None) == (FileState.PROBED, "", False)


def test_a_new_content_gets_a_video_named_like_the_file(tmp_path):
    file = new_file(write_file(tmp_path / "Summer in Rome.final.mp4"))

    video = record(file).video

    assert video is not None
    assert video.title == "Summer in Rome.final"


def test_the_video_repeats_the_facts_of_its_primary_file(tmp_path):
    file = record(new_file(write_file(tmp_path / "a.mp4")), duration_seconds=12.5, width=720, height=1280, is_hdr=True)

    video = Video.objects.get()
    assert (video.duration_seconds, video.width, video.height, video.is_hdr) == (12.5, 720, 1280, True)
    assert file.is_primary


def test_the_video_repeats_what_lists_filter_by(tmp_path):
    path = write_file(tmp_path / "Summer.mp4", content=b"12345678", mtime_ns=1_000_000_000 * 10**9)
    record(new_file(path), video_codec="vp9", audio_codec="opus", frame_rate=50.0, bit_rate=9)

    video = Video.objects.get()
    assert (video.size_bytes, video.video_codec, video.audio_codec) == (8, "vp9", "opus")
    assert (video.frame_rate, video.bit_rate, video.original_file_name) == (50.0, 9, "Summer.mp4")
    assert video.file_date == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    assert video.last_verified_at is not None


@pytest.mark.parametrize("mtime_ns", [-1, 2**62])
def test_a_time_of_change_that_is_no_date_is_none(mtime_ns):
    record(make_file(state="new", mtime_ns=mtime_ns))

    date = Video.objects.get().file_date
    assert date is None or date.year > 2100


def test_a_title_is_as_long_as_it_may_be():
    file = make_file(state="new", relative_path="x" * 600 + ".mp4", mtime_ns=1)

    assert record(file).video.title == "x" * 500


def test_a_title_of_bytes_that_are_no_text_is_readable_and_not_too_long():
    file = make_file(state="new", relative_path="\U000f00ff" * 240 + ".mp4", mtime_ns=1)

    title = record(file).video.title
    assert (len(title), title[:8]) == (500, r"\xff\xff")


def test_a_name_of_spaces_is_untitled():
    file = make_file(state="new", relative_path="   .mp4")

    assert record(file).video.title == "Untitled"


def test_an_exact_copy_joins_the_video_as_an_alternate(tmp_path):
    first = record(new_file(write_file(tmp_path / "a.mp4", content=b"the same")))
    copy = record(new_file(write_file(tmp_path / "other/b.mp4", content=b"the same")), duration_seconds=99.0)

    assert (copy.video_id, copy.is_primary) == (first.video_id, False)
    assert Video.objects.get().duration_seconds == 10.0


def test_files_that_differ_in_the_middle_only_are_two_videos(tmp_path):
    one = new_file(same_ends(tmp_path / "a.mp4", b"1"))
    two = new_file(same_ends(tmp_path / "b.mp4", b"2"), folder=one.folder)

    record(one)
    record(two)

    assert (one.size_bytes, one.oshash) == (two.size_bytes, two.oshash)
    assert Video.objects.count() == 2


def test_large_files_are_read_whole_only_where_another_has_their_size_and_oshash(tmp_path):
    one = new_file(same_ends(tmp_path / "a.mp4", b"1"))
    record(one)
    one.refresh_from_db()
    before = one.content_hash
    two = new_file(same_ends(tmp_path / "b.mp4", b"2"), folder=one.folder)
    record(two)

    one.refresh_from_db()
    two.refresh_from_db()
    assert before == ""
    assert [one.content_hash, two.content_hash] == [content_hash(one.fs_path), content_hash(two.fs_path)]


def test_a_copy_whose_twin_is_on_an_unplugged_disk_joins_its_video(tmp_path):
    path = write_file(tmp_path / "a.mp4", content=b"the same")
    twin = make_file(size_bytes=8, oshash=oshash(path))

    assert record(new_file(path)).video_id == twin.video_id


def test_a_twin_that_was_replaced_on_disk_and_not_scanned_since_counts_as_equal(tmp_path):
    twin = make_file(path=write_file(tmp_path / "a.mp4", content=b"the same"))
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    write_file(tmp_path / "a.mp4", content=b"another!")

    assert record(new_file(tmp_path / "b.mp4", folder=twin.folder)).video_id == twin.video_id
    twin.refresh_from_db()
    assert twin.content_hash == ""


def test_an_equal_twin_is_preferred_to_one_that_can_not_be_read(tmp_path):
    path = same_ends(tmp_path / "a.mp4", b"1")
    size, digest = Path(path).stat().st_size, oshash(path)
    make_file(size_bytes=size, oshash=digest)
    equal = make_file(path=path)

    copy = record(new_file(same_ends(tmp_path / "b.mp4", b"1"), folder=equal.folder))

    assert copy.video_id == equal.video_id


@pytest.mark.parametrize("is_missing", [True, False])
def test_a_remux_joins_the_video_of_its_like(tmp_path, is_missing):
    first = record(new_file(write_file(tmp_path / "a.mp4")), packet_hash=PACKETS, duration_seconds=10.0)
    VideoFile.objects.update(missing_since=gone() if is_missing else None)

    remux = record(new_file(write_file(tmp_path / "b.mkv")), packet_hash=PACKETS, duration_seconds=10.8)

    assert (remux.video_id, remux.is_primary) == (first.video_id, is_missing)
    assert Video.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"packet_hash": "cd" * 16},
        {"duration_seconds": 11.5},
        {"duration_seconds": None},
        {"width": 1921},
        {"height": 1081},
    ],
)
def test_what_differs_in_anything_is_no_remux(tmp_path, other):
    record(new_file(write_file(tmp_path / "a.mp4")), packet_hash=PACKETS)

    record(new_file(write_file(tmp_path / "b.mkv")), **{"packet_hash": PACKETS, **other})

    assert Video.objects.count() == 2


def test_files_without_packets_are_no_remuxes_of_each_other(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        record(new_file(write_file(tmp_path / name)), packet_hash="")

    assert Video.objects.count() == 2


def test_a_file_whose_content_was_replaced_has_no_remuxes_until_it_is_looked_at(tmp_path):
    first = record(new_file(write_file(tmp_path / "a.mp4")), packet_hash=PACKETS)
    VideoFile.objects.filter(pk=first.pk).update(state=FileState.NEW)

    record(new_file(write_file(tmp_path / "b.mkv")), packet_hash=PACKETS)

    assert Video.objects.count() == 2


def test_an_exact_copy_is_preferred_to_a_remux(tmp_path):
    remux = record(new_file(write_file(tmp_path / "a.mkv")), packet_hash=PACKETS)
    twin = make_file(path=write_file(tmp_path / "b/b.mp4", content=b"the same"), packet_hash=PACKETS)

    copy = record(new_file(write_file(tmp_path / "c/c.mp4", content=b"the same")), packet_hash=PACKETS)

    assert copy.video_id == twin.video_id != remux.video_id


def test_a_copy_of_what_was_thrown_away_is_no_new_video(tmp_path):
    trashed = make_file(
        path=write_file(tmp_path / "a.mp4", content=b"the same"),
        video=make_video(trashed_at=gone()),
        missing_since=gone(),
    )

    copy = record(new_file(write_file(tmp_path / "other/a.mp4", content=b"the same")))

    assert (copy.video_id, Video.objects.count()) == (trashed.video_id, 1)


def test_a_remux_of_what_was_thrown_away_is_no_new_video(tmp_path):
    trashed = record(new_file(write_file(tmp_path / "a.mp4")), packet_hash=PACKETS)
    Video.objects.update(trashed_at=gone())

    assert record(new_file(write_file(tmp_path / "a.mkv")), packet_hash=PACKETS).video_id == trashed.video_id


def test_a_copy_of_what_is_in_the_library_and_in_the_trash_is_in_the_library(tmp_path):
    make_file(path=write_file(tmp_path / "a.mp4", content=b"the same"), video=make_video(trashed_at=gone()))
    kept = make_file(path=write_file(tmp_path / "b/a.mp4", content=b"the same"))

    assert record(new_file(write_file(tmp_path / "c/a.mp4", content=b"the same"))).video_id == kept.video_id


def test_the_index_of_packets_finds_remuxes():
    file = make_file(packet_hash=PACKETS, duration_seconds=10.0, width=1, height=1)
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        remuxes_of(file)
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked.captured_queries[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "library_file_packets" in plan


def test_empty_files_are_no_copies_of_each_other(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    folder = make_folder(path=tmp_path)

    for name in ("a.mp4", "b.mp4"):
        record(new_file(tmp_path / name, folder=folder))

    assert Video.objects.count() == 2


def test_a_file_that_was_replaced_meanwhile_is_refused_and_tried_again(tmp_path):
    file = new_file(write_file(tmp_path / "a.mp4"))

    with pytest.raises(FileChangedError) as refusal:
        record_facts(file_id=file.pk, mtime_ns=file.mtime_ns - 1, facts=make_facts())

    file.refresh_from_db()
    assert (file.state, file.video, refusal.value.permanent) == (FileState.NEW, None, False)
    assert not Video.objects.exists()


def test_a_file_that_vanishes_while_it_is_compared_is_refused(tmp_path):
    path = write_file(tmp_path / "a.mp4", content=b"the same")
    make_file(size_bytes=8, oshash=oshash(path), content_hash="read whole once")
    file = new_file(path)
    Path(path).unlink()

    with pytest.raises(FileChangedError):
        record(file)


def test_a_curated_title_survives_a_second_probe(tmp_path):
    file = record(new_file(write_file(tmp_path / "a.mp4")))
    Video.objects.update(title="Our summer")

    record(file)

    assert Video.objects.get().title == "Our summer"


def test_a_replaced_file_keeps_its_video_and_brings_it_its_new_facts(tmp_path):
    file = record(new_file(write_file(tmp_path / "a.mp4")), width=640)

    again = record(file, width=1920)

    assert (again.video_id, Video.objects.get().width) == (file.video_id, 1920)


def test_the_date_in_the_file_is_taken_for_the_recording():
    date = datetime(2001, 5, 1, tzinfo=UTC)

    video = record(make_file(state="new"), embedded_created_at=date).video

    video.refresh_from_db()
    assert video.recorded_at == date


def test_a_curated_date_survives_a_probe():
    curated = datetime(1999, 1, 1, tzinfo=UTC)
    file = make_file(video=make_video(recorded_at=curated), state="probed")

    record(file, embedded_created_at=datetime(2001, 5, 1, tzinfo=UTC))

    assert Video.objects.get().recorded_at == curated


def test_a_file_is_shown_where_the_shown_one_is_missing():
    video = make_video()
    lost = make_file(video=video, missing_since=datetime(2026, 1, 1, tzinfo=UTC))
    file = make_file(video=video, is_primary=False)

    assert record(file).is_primary
    lost.refresh_from_db()
    assert not lost.is_primary


def test_a_finished_file_is_ready():
    file = make_file(state="probed", notes=["No sound."])

    finish_file(file_id=file.pk, phash=5, notes=["No sound.", "Dark."])

    file.refresh_from_db()
    assert (file.state, file.phash, file.notes) == (FileState.READY, 5, ["No sound.", "Dark."])


@pytest.mark.parametrize("phash", [0, 2**63 - 1, 2**63, 2**64 - 1])
def test_every_64_bit_hash_is_stored_and_read_back(phash):
    file = make_file(state="probed")

    finish_file(file_id=file.pk, phash=phash, notes=[])

    file.refresh_from_db()
    assert file.phash_hex == f"{phash:016x}"


def test_a_file_without_a_picture_has_no_hash():
    file = make_file(state="probed")

    finish_file(file_id=file.pk, phash=None, notes=[])

    file.refresh_from_db()
    assert (file.phash, file.phash_hex) == (None, "")


def test_pictures_of_replaced_content_do_not_finish_a_file():
    file = make_file(state="new")

    with pytest.raises(FileChangedError):
        finish_file(file_id=file.pk, phash=5, notes=[], mtime_ns=file.mtime_ns - 1)

    file.refresh_from_db()
    assert (file.state, file.phash) == (FileState.NEW, None)


def test_a_failed_file_says_why_and_keeps_what_is_known():
    file = make_file(width=640)

    fail_file(file_id=file.pk, error="The file is cut off.")

    file.refresh_from_db()
    assert (file.state, file.error, file.width) == (FileState.FAILED, "The file is cut off.", 640)


def test_a_failed_file_that_works_at_last_has_no_error():
    file = make_file(state="failed", error="The file is cut off.")

    record(file)

    file.refresh_from_db()
    assert (file.state, file.error) == (FileState.PROBED, "")


def test_the_seconds_of_the_stages_add_up_and_begin_anew():
    file = make_file(processing_seconds=100.0)

    count_seconds(file_id=file.pk, seconds=1.5, is_first=True)
    count_seconds(file_id=file.pk, seconds=2.0, is_first=False)

    file.refresh_from_db()
    assert file.processing_seconds == 3.5


def gone() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


def test_a_finished_copy_takes_the_place_of_a_missing_file_before_one_in_hand():
    video = make_video()
    lost = make_file(video=video, missing_since=gone())
    make_file(video=video, state="probed")
    ready = make_file(video=video)

    assert promote_present_files(file_ids=[lost.pk]) == 1
    ready.refresh_from_db()
    assert ready.is_primary


def test_a_copy_in_the_trash_takes_the_place_of_a_missing_file_last():
    video = make_video()
    lost = make_file(video=video, missing_since=gone())
    make_file(video=video, trashed_at=gone())
    kept = make_file(video=video, state="probed")

    assert promote_present_files(file_ids=[lost.pk]) == 1
    kept.refresh_from_db()
    assert kept.is_primary


def test_a_failed_copy_takes_nobodys_place():
    video = make_video()
    lost = make_file(video=video, missing_since=gone())
    make_file(video=video, state="failed", is_primary=False)

    assert promote_present_files(file_ids=[lost.pk]) == 0
    lost.refresh_from_db()
    assert lost.is_primary


def test_a_present_primary_file_stays_it():
    video = make_video()
    shown, lost = make_file(video=video), make_file(video=video, missing_since=gone())

    assert promote_present_files(file_ids=[lost.pk]) == 0
    shown.refresh_from_db()
    assert shown.is_primary


def record_two_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contents: tuple[bytes, bytes], **facts: Any
) -> int:
    """Both have looked for copies of themselves and found none when the first writes; returns the number of videos."""
    folder = make_folder(path=tmp_path)
    paths = [write_file(tmp_path / f"{number}.mp4", content=content) for number, content in enumerate(contents)]
    files = [new_file(path, folder=folder) for path in paths]
    both_write = threading.Barrier(2)
    write = files_module._write

    def meet_and_write(*args: Any) -> VideoFile:
        # Where a lock keeps the other one out, nobody comes: the first goes on alone.
        with suppress(threading.BrokenBarrierError):
            both_write.wait(1)
        return write(*args)

    def run(file: VideoFile) -> None:
        try:
            record(file, **facts)
        finally:
            connection.close()

    monkeypatch.setattr(files_module, "_write", meet_and_write)
    threads = [threading.Thread(target=run, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not VideoFile.objects.filter(video=None).exists()
    return Video.objects.count()


COPIES_AND_REMUXES = [((b"the same", b"the same"), ""), ((b"pictures", b"pictures in other bytes."), PACKETS)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("contents", "packet_hash"), COPIES_AND_REMUXES)
def test_two_copies_or_remuxes_probed_at_once_are_one_video(tmp_path, monkeypatch, contents, packet_hash):
    assert record_two_at_once(tmp_path, monkeypatch, contents, packet_hash=packet_hash) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("contents", "packet_hash"), COPIES_AND_REMUXES)
def test_control_without_the_lock_they_are_two_videos(tmp_path, monkeypatch, contents, packet_hash):
    monkeypatch.setattr(files_module, "lock_content", lambda file: None)

    assert record_two_at_once(tmp_path, monkeypatch, contents, packet_hash=packet_hash) == 2
