"""Conversions from the wish to the file, with real films and a real FFmpeg."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone

from library.exceptions import LibraryError
from library.models import ChangeBatch, Folder, Video, VideoFile
from library.models.file import FileState
from library.services import scan_folder
from library.services.history import undo_batch
from library.services.merging import merge_videos
from library.services.trash import trash
from library.services.turns import one_at_a_time
from playback.models import Favorite
from processing.exceptions import ConversionRefusedError
from processing.media.encode.ladder import Capabilities
from processing.media.probe import probe
from processing.models import Conversion, Job, JobStatus, Preset, ProcessingSettings
from processing.services import cancel_jobs, claim, interrupts
from processing.services.conversions import (
    cancel_conversions,
    delete_outputs,
    forecast,
    leftovers,
    perform,
    places,
    request_conversions,
    retry_conversions,
)
from processing.services.conversions import publish as publish_module
from processing.services.conversions.request import MOST_AT_ONCE
from processing.services.interrupts import HoldLost
from tests import media_factory as factory
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.processing.converting import ask, fast_preset, known_film, library_film, run_next

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def software_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine can do is tested elsewhere, and takes ten seconds to find out."""
    monkeypatch.setattr(perform, "current_capabilities", Capabilities)
    # The thread that renews the lease has a connection of its own, which doesn't see what a test has not committed.
    monkeypatch.setattr(claim, "renew", lambda job: True)


def performed(conversion: Conversion) -> Conversion:
    job = run_next()
    conversion.refresh_from_db()
    assert job.status == JobStatus.COMPLETED, job.error
    return conversion


# ---- asking ------------------------------------------------------------------------------------------------------
def test_a_wish_becomes_a_waiting_conversion_with_its_job(tmp_path: Path) -> None:
    file, user = library_film(tmp_path), make_user()

    conversion = ask(file, fast_preset(), user=user, is_replacing=True)

    job = Job.objects.get(stage="conversion", target_id=conversion.pk)
    assert (job.queue, job.target_kind, job.status, job.requested_by) == ("gpu", "conversion", "pending", user)
    assert (conversion.status, conversion.video, conversion.source_file) == ("pending", file.video, file)
    assert (conversion.source_path, conversion.source_bytes) == (str(tmp_path / "film.mp4"), file.size_bytes)
    assert conversion.preset_settings["codec"] == "h264"
    assert job.label == f"{file.video}, Fast"


def test_the_same_twice_is_refused_with_a_sentence(tmp_path: Path) -> None:
    file, preset = library_film(tmp_path), fast_preset()
    ask(file, preset)

    again = request_conversions(preset=preset, video_ids=[file.video_id or 0])

    assert again.conversion_ids == []
    assert [refusal.sentence for refusal in again.refusals] == ["A conversion to Fast waits or runs already."]


def test_another_preset_may_wait_beside_it(tmp_path: Path) -> None:
    file = library_film(tmp_path)

    first, second = ask(file, fast_preset()), ask(file, fast_preset(key="other", name="Other"))

    assert first.pk != second.pk


def test_the_database_refuses_two_active_ones_too(tmp_path: Path) -> None:
    file, preset = library_film(tmp_path), fast_preset()
    ask(file, preset)

    with pytest.raises(IntegrityError, match="one_active"):
        Conversion.objects.create(
            video=file.video, title="x", source_path="/x", source_bytes=1, preset_key=preset.key, preset_name="Fast"
        )


def test_what_can_not_be_converted_is_told_one_by_one() -> None:
    trashed = make_file(video=make_video(title="Trashed", trashed_at=timezone.now()), video_codec="h264")
    missing = make_file(video=make_video(title="Missing"), missing_since=timezone.now(), video_codec="h264")
    silent = make_file(video=make_video(title="Sound only"))
    empty = make_video(title="Without a file")

    plan = forecast(
        preset=fast_preset(), video_ids=[trashed.video_id or 0, missing.video_id or 0, silent.video_id or 0, empty.pk]
    )

    assert {refusal.title: refusal.sentence for refusal in plan.refusals} == {
        "Trashed": "It lies in the trash.",
        "Missing": "Its file is missing.",
        "Sound only": "Its file holds no moving picture.",
        "Without a file": "It has no file.",
    }
    assert plan.candidates == []


def test_a_full_disk_is_noticed_before_anything_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = library_film(tmp_path)
    monkeypatch.setattr("processing.services.conversions.request.free_bytes", lambda directory: 100)

    with pytest.raises(ConversionRefusedError, match="has no room for that: about"):
        request_conversions(preset=fast_preset(), video_ids=[file.video_id or 0])

    assert not Conversion.objects.exists()


def test_the_margin_of_the_settings_stays_free(tmp_path: Path) -> None:
    ProcessingSettings(disk_margin_gb=0).save(force_insert=True)
    without = places.free_bytes(str(tmp_path))
    ProcessingSettings.objects.update(disk_margin_gb=10000)

    assert without > 0
    assert places.free_bytes(str(tmp_path)) == 0


def test_too_many_at_once_are_refused() -> None:
    with pytest.raises(ConversionRefusedError, match="at most"):
        request_conversions(preset=fast_preset(), video_ids=range(MOST_AT_ONCE + 1))


def test_asking_for_ten_times_as_many_costs_no_more_statements(
    tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    folder, preset = make_folder(path=tmp_path, is_default=True), fast_preset()
    few = [make_file(folder=folder, video_codec="h264", width=16, height=9).video_id or 0 for _ in range(2)]
    many = [make_file(folder=folder, video_codec="h264", width=16, height=9).video_id or 0 for _ in range(20)]

    with django_assert_max_num_queries(30) as first:
        request_conversions(preset=preset, video_ids=few)
    with django_assert_max_num_queries(len(first.captured_queries)):
        request_conversions(preset=preset, video_ids=many)

    assert Conversion.objects.count() == 22


# ---- what comes of it --------------------------------------------------------------------------------------------
def test_the_output_becomes_an_alternate_file_of_the_video(tmp_path: Path) -> None:
    file = library_film(tmp_path, seconds=1, audio="aac")
    preset = fast_preset(codec="hevc")

    conversion = performed(ask(file, preset))

    output = conversion.output_file
    assert output is not None
    assert (output.video_id, output.is_primary, output.video_codec) == (file.video_id, False, "hevc")
    assert output.state == FileState.PROBED
    assert Path(output.fs_path).parent == tmp_path / "Converted"
    assert Path(output.fs_path).name.startswith("film_fast_")
    assert (conversion.status, conversion.percent, conversion.error) == ("completed", 100, "")
    assert conversion.output_bytes == output.size_bytes == os.stat(output.fs_path).st_size
    assert conversion.saved_bytes == file.size_bytes - output.size_bytes
    assert (conversion.encoder, conversion.rung) == ("libx265", "Software (libx265)")
    assert "-c:v:0 libx265" in conversion.command
    assert conversion.attempts == [
        {"rung": "Software (libx265)", "seconds": conversion.attempts[0]["seconds"], "error": ""}
    ]
    assert conversion.target_resolution == "original"
    assert conversion.finished_at is not None
    assert (conversion.speed, conversion.left_seconds, conversion.partial_path) == (None, None, "")
    assert Job.objects.filter(stage="frames", target_id=output.pk).exists()
    file.refresh_from_db()
    assert (file.is_primary, file.trashed_at) == (True, None)
    assert sorted(path.name for path in (tmp_path / "Converted").iterdir()) == [Path(output.fs_path).name]


def test_a_later_scan_takes_the_output_for_what_it_is(tmp_path: Path) -> None:
    file = library_film(tmp_path)
    performed(ask(file, fast_preset()))

    log = scan_folder(folder=file.folder)

    assert (log.files_new, log.files_unchanged, log.files_moved, log.files_missing) == (0, 2, 0, 0)
    assert Video.objects.count() == 1


def test_its_date_and_rights_are_those_of_the_original(tmp_path: Path) -> None:
    file = library_film(tmp_path)
    Path(file.fs_path).chmod(0o640)

    output = performed(ask(file, fast_preset())).output_file

    assert output is not None
    status = os.stat(output.fs_path)
    assert (status.st_mtime_ns // 1000, status.st_mode & 0o777) == (file.mtime_ns // 1000, 0o640)


def test_a_replaced_original_goes_into_the_trash_and_its_video_keeps_everything(tmp_path: Path) -> None:
    file, user = library_film(tmp_path, seconds=1), make_user()
    assert file.video is not None
    Favorite.objects.create(user=user, video=file.video, added_at=timezone.now())

    conversion = performed(ask(file, fast_preset(), is_replacing=True, user=user))

    output = conversion.output_file
    file.refresh_from_db()
    video = Video.objects.get()
    assert output is not None
    assert (output.is_primary, file.is_primary) == (True, False)
    assert file.trashed_at is not None
    assert Path(file.fs_path).exists()
    assert (video.pk, video.video_codec, video.size_bytes) == (file.video_id, "h264", output.size_bytes)
    assert video.favorites.count() == 1
    assert Path(output.fs_path).parent == tmp_path
    assert conversion.has_replaced
    assert conversion.change is not None
    assert conversion.change.user == user


def test_a_replacement_can_be_undone(tmp_path: Path) -> None:
    file, user = library_film(tmp_path), make_user()
    conversion = performed(ask(file, fast_preset(), is_replacing=True, user=user))
    assert conversion.change is not None

    undo_batch(batch=ChangeBatch.objects.get(pk=conversion.change.pk), user=user)

    file.refresh_from_db()
    conversion.refresh_from_db()
    video = Video.objects.get()
    assert (file.is_primary, file.trashed_at) == (True, None)
    assert (video.video_codec, video.size_bytes) == ("mpeg4", file.size_bytes)
    assert conversion.output_file is not None
    assert not conversion.output_file.is_primary
    assert Path(conversion.output_file.fs_path).exists()


def test_an_original_stays_where_the_new_file_lacks_something(tmp_path: Path) -> None:
    two = ("-map", "0:v", "-map", "0:v", "-c:v", "libx264", "-preset", "ultrafast")
    factory.run_ffmpeg(tmp_path / "two.mkv", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=0.6", *two)
    file = known_film(tmp_path / "two.mkv", make_folder(path=tmp_path, is_default=True))

    conversion = performed(ask(file, fast_preset(), is_replacing=True))

    file.refresh_from_db()
    assert (file.is_primary, file.trashed_at, conversion.has_replaced) == (True, None, False)
    assert conversion.losses == ["A second picture track (h264, stream 1) is not converted."]
    assert conversion.notes[-1].startswith("The original stays, because the new file lacks something")


def test_an_alternate_that_is_replaced_leaves_the_played_file_alone(tmp_path: Path) -> None:
    played = library_film(tmp_path)
    other = library_film(tmp_path, "other.mp4", seconds=1)
    VideoFile.objects.filter(pk=other.pk).update(video=played.video, is_primary=False)

    requested = request_conversions(preset=fast_preset(), file_ids=[other.pk], is_replacing=True)
    conversion = performed(Conversion.objects.get(pk=requested.conversion_ids[0]))

    played.refresh_from_db()
    other.refresh_from_db()
    assert conversion.output_file is not None
    assert (played.is_primary, conversion.output_file.is_primary) == (True, False)
    assert other.trashed_at is not None


@pytest.mark.parametrize("is_replacing", [True, False])
def test_a_folder_that_can_not_be_written_to_is_left_alone(
    is_replacing: bool, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VIDEOTHEK_HOME = tmp_path / "home"
    file = library_film(tmp_path / "films")
    # The tests run as root, whom no mode stops.
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: not str(path).startswith(str(tmp_path / "films")) and real(path, mode)
    )

    conversion = performed(ask(file, fast_preset(), is_replacing=is_replacing))

    assert conversion.output_file is not None
    assert Path(conversion.output_file.fs_path).parent == tmp_path / "home" / "converted"
    assert Folder.objects.get(name="Converted").path == str(tmp_path / "home" / "converted")


def test_the_settings_may_put_outputs_beside_their_originals(tmp_path: Path) -> None:
    ProcessingSettings(conversion_place="beside").save(force_insert=True)
    file = library_film(tmp_path, "a/b/film.mp4", folder=make_folder(path=tmp_path, is_default=True))

    conversion = performed(ask(file, fast_preset()))

    assert conversion.output_file is not None
    assert Path(conversion.output_file.fs_path).parent == tmp_path / "a" / "b"


def test_a_place_that_scans_leave_out_is_passed_over(tmp_path: Path, settings: Any) -> None:
    settings.VIDEOTHEK_HOME = tmp_path / "home"
    folder = make_folder(path=tmp_path / "films", is_default=True, exclude_globs=["Converted"])

    place = places.choose_place(library_film(tmp_path / "films", folder=folder), is_replacing=False)

    assert place.directory == str(tmp_path / "home" / "converted")


def test_names_stay_within_what_a_disk_takes() -> None:
    name = places.output_name("\N{SNOWMAN}" * 200 + ".mp4", "720p_av1", ".mkv")

    assert len(os.fsencode(name)) <= 255
    assert name.endswith(".mkv")


# ---- what goes wrong ---------------------------------------------------------------------------------------------
def test_a_broken_source_fails_at_once_with_its_sentence(tmp_path: Path) -> None:
    path = factory.make_truncated(tmp_path / "film.mp4", seconds=6)
    file = known_film(path, make_folder(path=tmp_path, is_default=True))
    conversion = ask(file, fast_preset(), is_replacing=True)

    job = run_next()

    conversion.refresh_from_db()
    file.refresh_from_db()
    assert (job.status, job.attempts) == (JobStatus.FAILED, 1)
    assert (conversion.status, conversion.output_file) == ("failed", None)
    assert "shorter than the source" in conversion.error
    assert (file.is_primary, file.trashed_at) == (True, None)
    assert list((tmp_path / "Converted").iterdir() if (tmp_path / "Converted").exists() else []) == []
    assert not [path for path in tmp_path.iterdir() if path.name.endswith((".part", ".mkv"))]


def test_a_full_disk_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conversion = ask(library_film(tmp_path), fast_preset())
    monkeypatch.setattr(perform, "free_bytes", lambda directory: 0)

    job = run_next()

    conversion.refresh_from_db()
    assert (job.status, conversion.status) == (JobStatus.PENDING, "pending")
    assert "too full for the output" in conversion.error


def test_a_file_that_was_replaced_meanwhile_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = library_film(tmp_path)
    conversion = ask(file, fast_preset(), is_replacing=True)
    real = publish_module.publish

    def publish(*args: Any, **options: Any) -> VideoFile:
        Path(file.fs_path).write_bytes(b"another film")
        return real(*args, **options)

    monkeypatch.setattr(perform, "publish", publish)

    job = run_next()

    conversion.refresh_from_db()
    assert (job.status, conversion.output_file) == (JobStatus.PENDING, None)
    assert "was replaced while it was converted" in job.error
    assert Path(file.fs_path).read_bytes() == b"another film"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4"]


def test_a_video_that_went_into_the_trash_takes_its_waiting_conversion_along(tmp_path: Path) -> None:
    file = library_film(tmp_path)
    conversion = ask(file, fast_preset())

    trash(kind="video", ids=[file.video_id or 0])

    conversion.refresh_from_db()
    assert conversion.status == "cancelled"


def test_history_stays_when_the_video_goes(tmp_path: Path) -> None:
    file = library_film(tmp_path)
    conversion = performed(ask(file, fast_preset()))
    title = conversion.title

    VideoFile.objects.all().delete()
    Video.objects.all().delete()
    Preset.objects.filter(key="fast").delete()

    conversion.refresh_from_db()
    assert (conversion.video, conversion.title, conversion.preset_name) == (None, title, "Fast")
    assert conversion.output_path.endswith(".mkv")
    assert conversion.output_bytes is not None


# ---- control -----------------------------------------------------------------------------------------------------
def test_the_job_tells_the_conversion_how_it_stands(tmp_path: Path) -> None:
    conversion = ask(library_film(tmp_path), fast_preset())
    job = Job.objects.get(stage="conversion")

    cancel_jobs(job_ids=[job.pk], requested_by=make_user(username="ann"))

    conversion.refresh_from_db()
    assert (conversion.status, conversion.error) == ("cancelled", "Cancelled by ann.")
    assert conversion.finished_at is not None


def test_other_jobs_do_not_touch_a_conversion_of_the_same_number(tmp_path: Path) -> None:
    conversion = ask(library_film(tmp_path), fast_preset())

    Job.objects.create(
        stage="frames", queue="media", target_kind="file", target_id=conversion.pk, status=JobStatus.FAILED, error="No."
    )

    conversion.refresh_from_db()
    assert (conversion.status, conversion.error) == ("pending", "")


def test_cancelling_ends_the_job_too(tmp_path: Path) -> None:
    conversion = ask(library_film(tmp_path), fast_preset())

    assert cancel_conversions(conversion_ids=[conversion.pk], user=make_user(username="ann")) == 1
    assert cancel_conversions(conversion_ids=[conversion.pk]) == 0

    assert Job.objects.get(stage="conversion").status == JobStatus.CANCELLED


def test_one_whose_job_was_lost_can_be_cancelled(tmp_path: Path) -> None:
    conversion = ask(library_film(tmp_path), fast_preset())
    Job.objects.all().delete()

    cancel_conversions(conversion_ids=[conversion.pk])

    conversion.refresh_from_db()
    assert conversion.status == "cancelled"


def test_what_failed_can_be_tried_again_by_the_same_settings(tmp_path: Path) -> None:
    preset = fast_preset()
    conversion = ask(library_film(tmp_path), preset)
    cancel_conversions(conversion_ids=[conversion.pk])
    Preset.objects.filter(pk=preset.pk).update(codec="av1")

    assert retry_conversions(conversion_ids=[conversion.pk]) == 1

    conversion = performed(conversion)
    assert conversion.output_file is not None
    assert conversion.output_file.video_codec == "h264"


def test_trying_again_beside_its_like_does_nothing(tmp_path: Path) -> None:
    file, preset = library_film(tmp_path), fast_preset()
    first = ask(file, preset)
    cancel_conversions(conversion_ids=[first.pk])
    ask(file, preset)

    assert retry_conversions(conversion_ids=[first.pk]) == 0


def test_an_output_can_be_thrown_away_and_comes_back(tmp_path: Path) -> None:
    conversion = performed(ask(library_film(tmp_path), fast_preset()))

    done = delete_outputs(conversion_ids=[conversion.pk], user=make_user())

    assert done.count == 1
    assert VideoFile.objects.get(pk=conversion.output_file_id or 0).trashed_at is not None


def test_an_output_that_is_all_there_is_stays(tmp_path: Path) -> None:
    file = library_film(tmp_path)
    conversion = performed(ask(file, fast_preset(), is_replacing=True))

    with pytest.raises(LibraryError, match="only file"):
        delete_outputs(conversion_ids=[conversion.pk])


def test_a_merge_takes_conversions_along_and_cancels_those_that_wait(tmp_path: Path) -> None:
    preset = fast_preset()
    keep, other = library_film(tmp_path), library_film(tmp_path, "b.mp4", seconds=1)
    done = performed(ask(other, preset))
    waiting, kept = ask(other, preset), ask(keep, preset)
    assert keep.video is not None
    assert other.video is not None

    merge_videos(keep=keep.video, others=[other.video], user=None)

    for row in (done, waiting, kept):
        row.refresh_from_db()
    assert {done.video_id, waiting.video_id, kept.video_id} == {keep.video_id}
    assert (waiting.status, kept.status) == ("cancelled", "pending")


# ---- crashes -----------------------------------------------------------------------------------------------------
def test_one_that_crashed_after_publishing_only_finishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = library_film(tmp_path)
    conversion = ask(file, fast_preset(), is_replacing=True)
    monkeypatch.setattr(perform, "_finish", _crash)
    with pytest.raises(SystemExit):
        perform.perform(conversion.pk, lambda done, total: None)
    monkeypatch.undo()
    monkeypatch.setattr(perform, "current_capabilities", _never)

    conversion = performed(conversion)

    file.refresh_from_db()
    assert conversion.has_replaced
    assert file.trashed_at is not None
    assert VideoFile.objects.filter(video=file.video).count() == 2


def test_one_that_crashed_before_its_output_was_read_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = library_film(tmp_path)
    conversion = ask(file, fast_preset(), is_replacing=True)
    monkeypatch.setattr(perform, "record_output", _crash)
    with pytest.raises(SystemExit):
        perform.perform(conversion.pk, lambda done, total: None)
    monkeypatch.undo()
    monkeypatch.setattr(perform, "current_capabilities", _never)

    conversion = performed(conversion)

    video = Video.objects.get()
    assert conversion.output_file is not None
    assert (video.video_codec, video.size_bytes) == ("h264", conversion.output_bytes)


def test_a_named_output_of_a_cancelled_conversion_is_removed_unless_a_scan_has_taken_it(tmp_path: Path) -> None:
    file, preset = library_film(tmp_path), fast_preset()
    stray, taken = tmp_path / "stray.mkv", tmp_path / "taken.mkv"
    for path, other in ((stray, preset), (taken, fast_preset(key="other", name="Other"))):
        path.write_bytes(b"whole, but without a row")
        row = ask(file, other)
        Conversion.objects.filter(pk=row.pk).update(partial_path=str(path), status="cancelled")
    make_file(folder=file.folder, path=taken)

    assert leftovers.remove_leftovers() == 1

    assert (stray.exists(), taken.exists()) == (False, True)
    assert not Conversion.objects.exclude(partial_path="").exists()


def _crash(*args: object) -> Any:
    raise SystemExit


def _never() -> Any:
    raise AssertionError("It would encode once more.")


def test_an_output_that_got_its_name_but_no_row_is_made_anew(tmp_path: Path) -> None:
    file = library_film(tmp_path)
    conversion = ask(file, fast_preset())
    stray = tmp_path / "Converted" / "film_fast_1.mkv"
    stray.parent.mkdir()
    stray.write_bytes(b"whole, but unknown")
    Conversion.objects.filter(pk=conversion.pk).update(output_path=str(stray), partial_path=str(stray))

    conversion = performed(conversion)

    assert not stray.exists()
    assert conversion.output_path != str(stray)


def test_what_a_killed_worker_left_of_a_cancelled_conversion_is_removed(tmp_path: Path) -> None:
    killed = ask(library_film(tmp_path), fast_preset())
    part = tmp_path / ".videothek-conversion-1.part"
    part.write_bytes(b"half a film")
    Conversion.objects.filter(pk=killed.pk).update(partial_path=str(part))
    assert leftovers.remove_leftovers() == 0
    cancel_conversions(conversion_ids=[killed.pk])

    assert leftovers.remove_leftovers() == 1

    assert not part.exists()


def test_a_cancelled_encode_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conversion = ask(library_film(tmp_path, seconds=2), fast_preset())

    def report(done: int, total: int) -> None:
        raise HoldLost

    with pytest.raises(HoldLost):
        perform.perform(conversion.pk, report)

    assert [path.name for path in (tmp_path / "Converted").iterdir()] == []


@pytest.mark.django_db(transaction=True)
def test_publishing_waits_for_a_scan_of_its_folder(tmp_path: Path) -> None:
    file = library_film(tmp_path)
    conversion = ask(file, fast_preset())
    scanning, over = threading.Event(), threading.Event()
    waited: list[int] = []

    def scan() -> None:
        try:
            with one_at_a_time(file.folder):
                scanning.set()
                over.wait(30)
        finally:
            connections.close_all()

    def report(done: int, total: int) -> None:
        # The first report of the end comes while it waits.
        if done == 990 and not Conversion.objects.get(pk=conversion.pk).output_file_id:
            waited.append(done)
            over.set()

    thread = threading.Thread(target=scan)
    thread.start()
    scanning.wait(30)
    perform.perform(conversion.pk, report)
    thread.join()

    assert waited
    assert Conversion.objects.get(pk=conversion.pk).output_file_id is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_is_refused(tmp_path: Path) -> None:
    file, preset = library_film(tmp_path), fast_preset()
    answers = both(lambda: request_conversions(preset=preset, video_ids=[file.video_id or 0]))

    assert sorted(len(answer.conversion_ids) for answer in answers) == [0, 1]
    assert Conversion.objects.count() == 1


def both(function: Callable[[], Any]) -> list[Any]:
    """What two threads get that call it at the same moment."""
    barrier, answers = threading.Barrier(2), []

    def work() -> None:
        try:
            barrier.wait()
            answers.append(function())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_a_stopped_worker_ends_ffmpeg_and_puts_the_job_back(tmp_path: Path) -> None:
    conversion = ask(library_film(tmp_path, seconds=3), fast_preset(codec="av1", effort="slow"))
    timer = threading.Thread(target=_stop_when_running, args=(conversion.pk,))

    timer.start()
    with interrupts.stopping_on_sigterm(), pytest.raises(interrupts.WorkerStopping):
        run_next()
    timer.join()

    conversion.refresh_from_db()
    assert conversion.status == "pending"
    assert list((tmp_path / "Converted").iterdir()) == []
    assert not [line for line in _command_lines() if str(tmp_path) in line]


def _stop_when_running(pk: int) -> None:
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if Conversion.objects.filter(pk=pk).exclude(partial_path="").exists() and _command_lines(
                "videothek-conversion"
            ):
                os.kill(os.getpid(), 15)
                return
            time.sleep(0.02)
    finally:
        connections.close_all()


def _command_lines(part: str = "") -> list[str]:
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "ffmpeg" in line.split(" ", 1)[0] and part in line:
            lines.append(line)
    return lines


def test_a_rung_that_fails_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretended = Capabilities(encoders=frozenset({"h264_nvenc"}))
    monkeypatch.setattr(perform, "current_capabilities", lambda: pretended)

    conversion = performed(ask(library_film(tmp_path), fast_preset()))

    assert [(attempt["rung"], bool(attempt["error"])) for attempt in conversion.attempts] == [
        ("NVIDIA NVENC, encoding (h264_nvenc)", True),
        ("Software (libx264)", False),
    ]
    assert conversion.output_file is not None
    assert probe(conversion.output_file.fs_path).video_codec == "h264"
