import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from library.models import Folder, VideoFile
from library.models.file import FileState
from library.services import find_or_register_folder, register_folder
from processing.exceptions import CrewLostError
from processing.models import Job, JobStatus
from processing.services import crew, run, submit_jobs, submit_scan
from processing.services.foreground import process_folders
from processing.stages import Stage, StageContext, StageResult, get_stage, probe
from tests.library.factories import make_file, make_folder
from tests.library.privileges import ordinary_user
from tests.media_factory import make_video
from tests.processing import processes
from tests.processing.factories import make_job
from tests.processing.ingesting import by_name, ingest, settle
from tests.processing.test_stage_settings import configure

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_connection", "derived", "_signals_as_before"),
]


@pytest.fixture
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder with one small video."""
    folder = tmp_path / "films"
    _add_film(folder / "film.mp4")
    return folder


def _add_film(path: Path, *, seconds: float = 1) -> Path:
    make_video(path, seconds=seconds, size="64x48")
    settle(path.parent)
    return path


@pytest.fixture
def probe_with(make_stage: Callable[..., Stage]) -> Callable[[Callable[[StageContext], object]], None]:
    """Lets something happen before each probe, in the process that probes."""

    def replace(before: Callable[[StageContext], object]) -> None:
        def work(context: StageContext) -> StageResult:
            before(context)
            return probe.run(context)

        known = get_stage("probe")
        make_stage(work, name="probe", label_of=known.label_of, on_failed=known.on_failed, trigger="on_import")

    return replace


def _quietly(ended: int, known: int, is_scanning: bool) -> None:
    """Shows nothing."""


def test_the_report_is_shaped_as_documented(films: Path) -> None:
    report = ingest(films)

    (file,) = report["files"]
    assert list(report) == ["folder", "seconds", "files"]
    assert report["folder"] == str(films)
    assert list(file) == [
        "path", "status", "error", "video_id", "title", "container", "duration_seconds", "width", "height",
        "rotation", "frame_rate", "bit_rate", "video_codec", "audio_codec", "size_bytes", "oshash", "phash",
        "thumbnail", "storyboard", "seconds", "faces",
    ]  # fmt: skip
    assert list(file["storyboard"]) == [
        "sprite", "vtt", "tile_width", "tile_height", "tile_count", "interval_seconds",
    ]  # fmt: skip


def test_a_ready_file_is_reported_with_its_facts(films: Path) -> None:
    (file,) = ingest(films)["files"]

    row = VideoFile.objects.get()
    assert (file["path"], file["status"], file["error"]) == (str(films / "film.mp4"), "ready", None)
    assert (file["video_id"], file["title"], file["container"]) == (row.video_id, "film", "mp4")
    assert (file["width"], file["height"], file["rotation"], file["frame_rate"]) == (64, 48, 0, 25.0)
    assert (file["video_codec"], file["audio_codec"]) == ("h264", None)
    assert (file["size_bytes"], file["oshash"], file["phash"]) == (row.size_bytes, row.oshash, row.phash_hex)
    assert file["duration_seconds"] == pytest.approx(1, abs=0.1)
    assert file["seconds"] > 0


def test_the_files_that_were_made_are_where_the_report_says(films: Path) -> None:
    (file,) = ingest(films)["files"]

    places = [file["thumbnail"], file["storyboard"]["sprite"], file["storyboard"]["vtt"]]
    assert all(Path(place).is_absolute() and Path(place).stat().st_size for place in places)
    assert file["storyboard"]["tile_count"] >= 1


def test_the_folder_is_registered_and_nothing_is_left_to_do(films: Path) -> None:
    ingest(films)

    assert Folder.objects.get().path == str(films)
    # Faces are looked for on the way, as soon as the pictures are there.
    assert set(Job.objects.filter(stage="faces").values_list("status", flat=True)) == {JobStatus.COMPLETED}
    assert set(Job.objects.exclude(stage="faces").values_list("stage", "status", "priority")) == {
        *((stage, JobStatus.COMPLETED, 2) for stage in ("scan", "probe", "frames")),
        # Nobody waits for that: idle workers do it.
        ("duplicates", JobStatus.PENDING, -1),
    }


def test_an_unchanged_folder_is_reported_again_without_being_probed_again(films: Path) -> None:
    first = ingest(films)
    jobs = Job.objects.filter(stage="probe").count()

    second = ingest(films)

    assert second["files"] == first["files"]
    assert Job.objects.filter(stage="probe").count() == jobs


def test_a_failed_file_keeps_its_sentence_in_the_next_report(films: Path) -> None:
    (films / "film.mp4").write_bytes(b"")
    settle(films)
    first = ingest(films)

    second = ingest(films)

    assert second["files"] == first["files"]
    assert second["files"][0]["status"] == "failed"


def test_an_empty_folder_has_no_files(tmp_path: Path) -> None:
    assert ingest(tmp_path)["files"] == []


def test_a_path_may_be_relative(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(films.parent)

    assert ingest("films")["folder"] == str(films)


def test_people_get_a_summary_that_lists_what_failed(films: Path) -> None:
    (films / "empty\n.mp4").touch()
    settle(films)
    out = StringIO()

    call_command("ingest", str(films), stdout=out)

    failure, summary = out.getvalue().splitlines()
    assert failure.startswith(f"Failed: {films}/empty\\n.mp4: The file is empty")
    assert summary.startswith("2 files: 1 ready, 1 failed, in ")


@pytest.mark.parametrize("kind", ["missing", "file", "unreadable"])
def test_what_is_no_readable_folder_is_refused_with_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "file":
        path.touch()
    elif kind == "unreadable":
        path.mkdir(mode=0o000)

    with ordinary_user(), pytest.raises(CommandError) as raised:
        ingest(path)

    assert raised.value.returncode == 2
    assert kind in str(raised.value)
    assert not Folder.objects.exists()


def test_a_folder_that_vanished_keeps_what_is_known_of_it(films: Path) -> None:
    ingest(films)
    films.rename(films.with_name("elsewhere"))

    with pytest.raises(CommandError) as raised:
        ingest(films)

    assert raised.value.returncode == 2
    assert VideoFile.objects.get().missing_since is None


def test_a_folder_whose_disk_seems_unmounted_keeps_what_is_known_of_it(films: Path) -> None:
    ingest(films)
    (films / "film.mp4").unlink()

    with pytest.raises(CommandError, match="Nothing was marked missing") as raised:
        ingest(films)

    assert raised.value.returncode == 2
    assert VideoFile.objects.get().missing_since is None


def test_a_folder_below_one_of_the_library_is_scanned_alone(films: Path) -> None:
    _add_film(films / "series" / "one.mp4")
    folder = register_folder(path=str(films))

    report = ingest(films / "series")

    assert list(by_name(report)) == ["one.mp4"]
    assert list(VideoFile.objects.values_list("folder", "relative_path")) == [(folder.pk, "series/one.mp4")]


def test_a_folder_below_one_of_the_library_may_have_a_name_that_is_not_utf8(films: Path) -> None:
    _add_film(Path(os.fsdecode(os.fsencode(films) + b"/s\xe9rie")) / "one.mp4")
    register_folder(path=str(films))

    report = ingest(os.fsdecode(os.fsencode(films) + b"/s\xe9rie"))

    assert [file["status"] for file in report["files"]] == ["ready"]


def test_a_folder_that_holds_one_of_the_library_is_reported_with_it(films: Path) -> None:
    _add_film(films / "series" / "one.mp4", seconds=2)
    inner = register_folder(path=str(films / "series"))

    report = ingest(films)

    assert {name: file["status"] for name, file in by_name(report).items()} == {"film.mp4": "ready", "one.mp4": "ready"}
    assert VideoFile.objects.get(relative_path="one.mp4").folder == inner


def test_a_job_that_another_worker_holds_is_waited_for(films: Path) -> None:
    targets = find_or_register_folder(path=str(films))
    file = make_file(folder=targets[0].folder, path=films / "film.mp4", state=FileState.NEW)
    lease = Now() + timedelta(minutes=5)
    held = make_job(file=file, status=JobStatus.RUNNING, worker="elsewhere:1", lease_expires_at=lease)
    looks: list[int] = []

    def tick(ended: int, known: int, is_scanning: bool) -> None:
        looks.append(ended)
        if len(looks) == 20:
            free = {"status": JobStatus.PENDING, "lease_expires_at": None, "worker": ""}
            Job.objects.filter(pk=held.pk).update(**free)

    process_folders(targets, on_tick=tick)

    file.refresh_from_db()
    assert len(looks) > 20
    assert file.state == FileState.READY


def test_a_job_that_waits_for_a_later_attempt_is_done_at_once(films: Path) -> None:
    targets = find_or_register_folder(path=str(films))
    file = make_file(folder=targets[0].folder, path=films / "film.mp4", state=FileState.NEW)
    make_job(file=file, due_at=Now() + timedelta(hours=1))

    process_folders(targets, on_tick=_quietly)

    file.refresh_from_db()
    assert file.state == FileState.READY


def test_a_job_of_a_file_that_moved_here_from_another_folder_is_done_too(films: Path) -> None:
    targets = find_or_register_folder(path=str(films))
    file = make_file(folder=targets[0].folder, path=films / "film.mp4", state=FileState.NEW)
    make_job(file=file, folder=make_folder())

    process_folders(targets, on_tick=_quietly)

    file.refresh_from_db()
    assert file.state == FileState.READY


def test_a_file_whose_jobs_were_cancelled_once_is_begun_again(films: Path) -> None:
    targets = find_or_register_folder(path=str(films))
    file = make_file(folder=targets[0].folder, path=films / "film.mp4", state=FileState.NEW)
    make_job(file=file, status=JobStatus.CANCELLED)

    process_folders(targets, on_tick=_quietly)

    file.refresh_from_db()
    assert file.state == FileState.READY


def test_work_that_waits_in_other_folders_is_left_alone(films: Path) -> None:
    other = make_file(state=FileState.NEW)
    submit_jobs(stage="probe", target_ids=[other.pk], folder_id=other.folder_id)

    ingest(films)

    assert Job.objects.get(target_id=other.pk, stage="probe").status == JobStatus.PENDING


def test_a_scan_of_a_part_that_waits_already_becomes_one_of_the_whole(films: Path) -> None:
    submit_scan(folder=register_folder(path=str(films)), subpath="series")

    report = ingest(films)

    assert list(by_name(report)) == ["film.mp4"]
    assert Job.objects.filter(stage="scan").count() == 1


def test_a_scan_whose_worker_died_does_not_hold_the_command_up(films: Path) -> None:
    folder = register_folder(path=str(films))
    submit_scan(folder=folder)
    died = {"status": JobStatus.RUNNING, "worker": "elsewhere:1", "attempts": 1, "lease_expires_at": Now()}
    Job.objects.update(**died)

    report = ingest(films)

    assert by_name(report)["film.mp4"]["status"] == "ready"


def test_a_process_killed_in_the_middle_of_a_file_costs_one_attempt(
    films: Path, tmp_path: Path, probe_with: Callable[[Callable[[StageContext], object]], None]
) -> None:
    _add_film(films / "other.mp4", seconds=2)
    marks = tmp_path / "marks"
    marks.mkdir()

    def die_once(context: StageContext) -> None:
        mark = marks / str(context.target_id)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    probe_with(die_once)

    report = ingest(films)

    assert [file["status"] for file in report["files"]] == ["ready", "ready"]
    assert set(Job.objects.filter(stage="probe").values_list("status", "attempts")) == {(JobStatus.COMPLETED, 2)}


def test_stages_that_were_moved_to_another_queue_are_worked_off_too(films: Path) -> None:
    configure("frames", queue="gpu")

    (file,) = ingest(films)["files"]

    assert file["status"] == "ready"
    assert Job.objects.get(stage="frames").queue == "gpu"


def test_a_file_removed_between_scan_and_probe_fails_with_a_sentence(
    films: Path,
    probe_with: Callable[[Callable[[StageContext], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "_INGEST_DELAY_SECONDS", 0.0)
    probe_with(lambda context: (films / "film.mp4").unlink(missing_ok=True))

    (file,) = ingest(films)["files"]

    assert (file["status"], file["thumbnail"]) == ("failed", None)
    assert "no longer at its place" in file["error"]


def test_a_file_replaced_while_it_is_probed_is_reported_with_its_new_content(
    films: Path,
    tmp_path: Path,
    probe_with: Callable[[Callable[[StageContext], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "_INGEST_DELAY_SECONDS", 0.0)
    longer = make_video(tmp_path / "longer.mp4", seconds=3, size="64x48")

    def replace(context: StageContext) -> None:
        VideoFile.objects.filter(mtime_ns__gt=1).exclude(size_bytes=longer.stat().st_size).update(
            size_bytes=longer.stat().st_size, mtime_ns=longer.stat().st_mtime_ns
        )
        (films / "film.mp4").write_bytes(longer.read_bytes())

    probe_with(replace)

    (file,) = ingest(films)["files"]

    assert (file["status"], round(file["duration_seconds"])) == ("ready", 3)


def _run_command(*arguments: str, log: Path) -> tuple[int, str]:
    process = processes.start(*arguments, log=log)
    try:
        out, _ = process.communicate(timeout=processes.PATIENCE_SECONDS)
    finally:
        processes.stop(process)
    return process.returncode, out.decode()


@pytest.mark.slow
def test_the_command_prints_nothing_but_its_report_and_succeeds_although_files_failed(
    films: Path, tmp_path: Path
) -> None:
    (films / "empty.mp4").touch()
    settle(films)

    status, out = _run_command("ingest", str(films), "--json", log=tmp_path / "log")

    report: dict[str, Any] = json.loads(out)
    assert status == 0
    assert {name: file["status"] for name, file in by_name(report).items()} == {
        "film.mp4": "ready",
        "empty.mp4": "failed",
    }


@pytest.mark.slow
def test_the_command_ends_with_status_2_and_a_sentence_where_there_is_no_folder(tmp_path: Path) -> None:
    status, out = _run_command("ingest", str(tmp_path / "nowhere"), "--json", log=tmp_path / "log")

    assert (status, out) == (2, "")
    assert f"There is no folder {tmp_path}/nowhere" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_stopping_the_command_puts_everything_back(films: Path, tmp_path: Path, number: signal.Signals) -> None:
    notes = tmp_path / "notes"
    arguments = ("ingest", str(films), "--json")
    process = processes.start(*arguments, log=tmp_path / "log", VIDEOTHEK_TEST_NOTES=str(notes))
    try:
        processes.wait_until(notes.exists, "a probe begins")
        status = processes.signal_and_wait(process, number)
        out = process.communicate()[0]
    finally:
        processes.stop(process)

    job = Job.objects.get(stage="probe")
    child = int(notes.read_text().split()[-1])
    assert (status, out) == (130, b"")
    assert (job.status, job.attempts, processes.is_alive(child)) == (JobStatus.PENDING, 0, False)


@pytest.mark.slow
def test_nothing_of_a_killed_command_lives_on(films: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    process = processes.start("ingest", str(films), log=tmp_path / "log", VIDEOTHEK_TEST_NOTES=str(notes))
    try:
        processes.wait_until(lambda: notes.exists() and notes.read_text(), "a probe begins")
        processes.signal_and_wait(process, signal.SIGKILL)
        child = int(notes.read_text().split()[-1])
        processes.wait_until(lambda: not processes.is_alive(child), "its child ends")
    finally:
        processes.stop(process)

    report = ingest(films)

    assert report["files"][0]["status"] == "ready"


@pytest.mark.slow
def test_a_command_whose_workers_die_one_after_the_other_gives_up_with_a_sentence(
    films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "_work", _die)
    targets = find_or_register_folder(path=str(films))

    with pytest.raises(CrewLostError, match="died as soon as they had begun"):
        process_folders(targets, on_tick=_quietly)

    assert Job.objects.get().status == JobStatus.PENDING


def _die(*args: object) -> None:
    raise SystemExit(3)
