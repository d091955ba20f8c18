"""Looking after files: checksums, damage, content; what is found replaces what was found before."""

import json
import os
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from library.hashing import content_hash
from library.models import Folder, Video, VideoFile
from library.models.file import FileState
from processing.exceptions import FileUnreadableError
from processing.media.content import SEVERITIES, Issue
from processing.media.probe import probe
from processing.models import FileCheck, IntegrityFinding, Job, JobStatus, ProcessingSettings
from processing.models.integrity import FindingCode, FindingKind, Severity
from processing.services.check import check_content, check_file
from processing.services.claim import claim_next
from processing.services.findings import record_findings
from processing.services.integrity import files_to_verify, oldest_first, submit_due_verifications
from processing.services.run import run_job
from processing.services.verify import verify_file
from processing.stages.probe import as_file_facts
from tests import media_factory
from tests.library.factories import make_file, make_folder
from tests.processing.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(tmp_path: Path) -> VideoFile:
    return _probed(media_factory.make_video(tmp_path / "videos" / "film.mp4", seconds=6, size="320x240", gop=25))


def _probed(path: Path, **columns: Any) -> VideoFile:
    facts = as_file_facts(probe(str(path)), "")
    known = {name: getattr(facts, name) for name in facts.__slots__ if name != "notes"}
    return make_file(path=path, **known, **columns)


def _codes(file: VideoFile, **which: Any) -> dict[str, str]:
    return dict(IntegrityFinding.objects.filter(file=file, **which).values_list("code", "severity"))


def _quiet(done: int, total: int) -> None:
    pass


def _rot(file: VideoFile) -> None:
    """Changes bytes in the middle as a failing disk does: time and size stay."""
    path = Path(file.fs_path)
    status, data = path.stat(), bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    for at in range(middle, middle + 400, 20):
        data[at] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _run(stage: str, file: VideoFile, **columns: Any) -> Job:
    job = make_job(stage=stage, file=file, **columns)
    claimed = claim_next(queue="media", worker="w:1")
    assert claimed is not None
    run_job(claimed)
    job.refresh_from_db()
    return job


# ---- checksums ------------------------------------------------------------------------------------------------------
def test_the_first_time_keeps_the_checksum(video: VideoFile) -> None:
    assert verify_file(file=video).outcome == "first"

    video.refresh_from_db()
    assert video.content_hash == content_hash(video.fs_path)
    assert FileCheck.objects.get(file=video).verified_at is not None
    assert video.video is not None
    assert video.video.last_verified_at is not None
    assert _codes(video) == {}


def test_the_second_time_compares(video: VideoFile) -> None:
    verify_file(file=video)
    video.refresh_from_db()
    before = FileCheck.objects.get(file=video).verified_at

    assert verify_file(file=video).outcome == "same"
    assert FileCheck.objects.get(file=video).verified_at > before


def test_rot_is_told_with_its_time_and_marks_the_video(video: VideoFile) -> None:
    verify_file(file=video)
    video.refresh_from_db()
    stored = video.content_hash
    _rot(video)

    assert verify_file(file=video).outcome == "rotten"

    finding = IntegrityFinding.objects.get(file=video)
    assert (finding.code, finding.severity, finding.kind) == ("bit_rot", "error", "checksum")
    assert finding.found_at is not None
    video.refresh_from_db()
    assert video.video is not None
    # The checksum of what it was stays: a backup is known by it.
    assert (video.video.is_corrupted, video.content_hash) == (True, stored)


def test_rot_found_again_keeps_its_first_time_and_a_repair_ends_it(video: VideoFile) -> None:
    verify_file(file=video)
    video.refresh_from_db()
    whole, status = Path(video.fs_path).read_bytes(), os.stat(video.fs_path)
    _rot(video)
    verify_file(file=video)
    first = IntegrityFinding.objects.get(file=video).found_at
    verify_file(file=video)
    assert IntegrityFinding.objects.get(file=video).found_at == first

    Path(video.fs_path).write_bytes(whole)
    os.utime(video.fs_path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert verify_file(file=video).outcome == "same"
    assert _codes(video) == {}
    assert not Video.objects.get(pk=video.video_id).is_corrupted


def test_a_file_that_was_written_is_no_rot(video: VideoFile) -> None:
    verify_file(file=video)
    video.refresh_from_db()
    _rot(video)
    os.utime(video.fs_path)

    assert verify_file(file=video).outcome == "changed"
    assert _codes(video) == {}


def test_a_row_that_speaks_of_another_content_by_now_is_left_alone(video: VideoFile) -> None:
    VideoFile.objects.filter(pk=video.pk).update(mtime_ns=1)

    record_findings(file=video, kind=FindingKind.CHECKSUM, issues=[Issue("bit_rot", "error", "Rotten.")], verified=True)

    assert (_codes(video), FileCheck.objects.count()) == ({}, 0)


def test_a_file_that_is_gone_is_tried_again(video: VideoFile) -> None:
    os.unlink(video.fs_path)

    with pytest.raises(FileUnreadableError) as raised:
        verify_file(file=video)

    assert not raised.value.permanent


def test_the_stage_ends_well_when_it_finds_rot(video: VideoFile) -> None:
    assert _run("verify", video).result == {"outcome": "first"}
    _rot(video)

    job = _run("verify", video)

    assert (job.status, job.result) == (JobStatus.COMPLETED, {"outcome": "rotten"})


def test_a_failed_verification_leaves_the_file_ready(video: VideoFile) -> None:
    VideoFile.objects.filter(pk=video.pk).update(folder=make_folder(path="/nowhere-at-all"))

    job = _run("verify", video, max_attempts=1)

    video.refresh_from_db()
    assert (job.status, video.state) == (JobStatus.FAILED, FileState.READY)


# ---- damage ---------------------------------------------------------------------------------------------------------
def test_a_whole_file_is_whole(video: VideoFile) -> None:
    check_file(file=video, report=_quiet, depth="deep")

    state = FileCheck.objects.get(file=video)
    assert (_codes(video, kind="damage"), state.depth) == ({}, "deep")
    assert state.checked_at is not None


def test_a_file_that_is_cut_off_is_damaged(tmp_path: Path) -> None:
    file = _probed(media_factory.make_truncated(tmp_path / "videos" / "cut.mp4"))

    check_file(file=file, report=_quiet)

    assert _codes(file, kind="damage") == {"file_truncated": "error"}
    assert Video.objects.get(pk=file.video_id).is_corrupted
    told = IntegrityFinding.objects.get(file=file, kind="damage").sentence
    assert told == "It breaks off after 0:03 of 0:06. Copy it again from its source."


def test_overwritten_pictures_need_a_deep_look(tmp_path: Path) -> None:
    file = _probed(media_factory.make_damaged(tmp_path / "videos" / "film.mp4"))

    check_file(file=file, report=_quiet, depth="quick")
    assert _codes(file, kind="damage") == {}
    check_file(file=file, report=_quiet, depth="deep")
    assert _codes(file, kind="damage") == {"file_corrupted": "error"}


def test_the_settings_say_how_much_a_deep_look_decodes(tmp_path: Path) -> None:
    path = media_factory.make_damaged(tmp_path / "videos" / "film.mp4", first_ratio=0.25, last_ratio=0.3)
    file = _probed(path)
    settings = ProcessingSettings.objects.create(check_depth="deep", check_decodes="parts", check_part_seconds=1)

    check_file(file=file, report=_quiet)
    assert _codes(file, kind="damage") == {}
    settings.check_decodes = "whole"
    settings.save()
    check_file(file=file, report=_quiet)
    assert "file_corrupted" in _codes(file, kind="damage")


def test_one_damaged_picture_is_a_blemish(tmp_path: Path) -> None:
    file = _probed(media_factory.make_damaged(tmp_path / "videos" / "film.mkv"))

    check_file(file=file, report=_quiet, depth="deep")

    assert _codes(file, kind="damage") == {"file_corrupted": "warning"}
    assert not Video.objects.get(pk=file.video_id).is_corrupted


def test_the_stage_runs_as_deep_as_it_was_asked_to(tmp_path: Path) -> None:
    file = _probed(media_factory.make_damaged(tmp_path / "videos" / "film.mp4"))

    job = _run("check", file, params={"depth": "deep"})

    assert (job.status, job.result) == (JobStatus.COMPLETED, {"problems": ["file_corrupted", "short_duration"]})


# ---- content --------------------------------------------------------------------------------------------------------
def test_a_program_that_calls_itself_a_video_is_found_when_it_is_probed(tmp_path: Path) -> None:
    path = tmp_path / "videos" / "film.exe.mp4"
    path.parent.mkdir()
    path.write_bytes(b"MZ" + bytes(1000))
    file = make_file(path=path, state=FileState.NEW)

    job = _run("probe", file)

    assert job.status == JobStatus.FAILED
    assert _codes(file) == {"disguised_executable": "critical", "double_extension": "error"}


def test_a_probe_judges_what_it_found(tmp_path: Path) -> None:
    path = media_factory.make_video(tmp_path / "videos" / "Film.1080p.mp4", seconds=2, size="320x240")
    file = make_file(path=path, state=FileState.NEW)

    _run("probe", file)

    assert _codes(file) == {"quality_mismatch": "error", "short_duration": "warning", "no_audio": "info"}


def test_the_owners_thresholds_count(video: VideoFile) -> None:
    ProcessingSettings.objects.create(short_seconds=0, very_short_seconds=0)

    check_content(file=video)

    assert "short_duration" not in _codes(video)


def test_a_look_replaces_only_its_own_findings(video: VideoFile) -> None:
    record_findings(file=video, kind=FindingKind.CHECKSUM, issues=[Issue("bit_rot", "error", "Rotten.")])
    record_findings(
        file=video,
        kind=FindingKind.CONTENT,
        issues=[Issue("no_audio", "info", "Silent."), Issue("short_duration", "warning", "Short.")],
    )

    record_findings(file=video, kind=FindingKind.CONTENT, issues=[Issue("no_audio", "warning", "Still silent.")])

    assert _codes(video) == {"bit_rot": "error", "no_audio": "warning"}


def test_another_content_starts_with_a_clean_slate(video: VideoFile) -> None:
    record_findings(file=video, kind=FindingKind.CHECKSUM, issues=[Issue("bit_rot", "error", "Rotten.")], verified=True)
    assert Video.objects.get(pk=video.video_id).is_corrupted
    VideoFile.objects.filter(pk=video.pk).update(mtime_ns=7)
    video.refresh_from_db()

    check_content(file=video)

    assert (_codes(video, kind="checksum"), FileCheck.objects.get(file=video).verified_at) == ({}, None)
    assert not Video.objects.get(pk=video.video_id).is_corrupted


def test_codes_and_severities_of_model_and_media_are_the_same() -> None:
    assert tuple(Severity.values) == SEVERITIES
    source = Path(__file__).parents[2] / "processing"
    text = "".join(
        (source / name).read_text() for name in ("media/content.py", "services/check.py", "services/verify.py")
    )
    unused = [code for code in FindingCode.values if f'"{code}"' not in text]
    assert unused == []


# ---- what is due ----------------------------------------------------------------------------------------------------
def _verified(file: VideoFile, days_ago: float) -> VideoFile:
    FileCheck.objects.create(file=file, size_bytes=1, mtime_ns=1, verified_at=timezone.now() - timedelta(days=days_ago))
    return file


def test_files_never_verified_come_first_then_the_oldest() -> None:
    middle, oldest, never = _verified(make_file(), 20), _verified(make_file(), 90), make_file()
    _verified(make_file(), 1)

    assert oldest_first(files_to_verify(), 3) == [never.pk, oldest.pk, middle.pk]
    assert set(files_to_verify(older_than_days=10).values_list("pk", flat=True)) == {middle.pk, oldest.pk, never.pk}


def test_missing_trashed_and_removed_files_are_not_due() -> None:
    make_file(missing_since=timezone.now())
    make_file(trashed_at=timezone.now())
    make_file(folder=make_folder(removed_at=timezone.now()))

    assert not files_to_verify().exists()


def test_a_days_share_is_handed_out_hour_by_hour_and_no_more() -> None:
    for _ in range(48):
        make_file()
    assert submit_due_verifications() == 0
    ProcessingSettings.objects.create(verify_percent_per_day=100)

    assert [submit_due_verifications() for _ in range(3)] == [2, 2, 2]

    assert Job.objects.filter(stage="verify", priority=-1).values("target_id").distinct().count() == 6
    ProcessingSettings.objects.update(verify_percent_per_day=12.5)
    # Six of 48 is the share, and six wait.
    assert submit_due_verifications() == 0


def test_what_was_verified_today_counts_as_done() -> None:
    for _ in range(4):
        _verified(make_file(), 0.5)
    make_file()
    ProcessingSettings.objects.create(verify_percent_per_day=80)

    assert submit_due_verifications() == 0
    ProcessingSettings.objects.update(verify_percent_per_day=100)
    assert submit_due_verifications() == 1


# ---- manage.py verify -----------------------------------------------------------------------------------------------
def _verify(*arguments: str) -> tuple[str, int]:
    out, status = StringIO(), 0
    try:
        call_command("verify", *arguments, stdout=out)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return out.getvalue(), status


def test_the_command_tells_what_rotted_and_ends_with_1(video: VideoFile) -> None:
    assert _verify() == ("1 files, 1 read for the first time, 0 with problems.\n", 0)
    _rot(video)

    text, status = _verify("--json")

    told = json.loads(text)
    assert status == 1
    assert (told["files"], told["rotten"], told["bytes"]) == (1, 1, video.size_bytes)
    assert told["problems"][0]["file"] == video.fs_path


def test_the_command_keeps_to_a_folder_and_to_what_is_old(video: VideoFile, tmp_path: Path) -> None:
    below = media_factory.make_video(tmp_path / "videos" / "part" / "b.mp4", seconds=1, size="64x48")
    inner = make_file(path=below, folder=Folder.objects.get(pk=video.folder_id))

    assert json.loads(_verify("--json", "--folder", str(below.parent))[0])["files"] == 1
    inner.refresh_from_db()
    assert inner.content_hash
    assert json.loads(_verify("--json", "--older-than", "1")[0])["files"] == 1
    with pytest.raises(CommandError, match="in no folder"):
        _verify("--folder", str(tmp_path / "elsewhere"))


def test_the_command_can_leave_it_to_workers(video: VideoFile) -> None:
    assert _verify("--queue")[0] == "1 files will be verified.\n"
    assert Job.objects.get(stage="verify").target_id == video.pk


def test_a_file_that_cannot_be_read_is_told_and_the_others_go_on(video: VideoFile, tmp_path: Path) -> None:
    gone = make_file(folder=video.folder, relative_path="gone.mp4")

    told = json.loads(_verify("--json")[0])

    assert (told["files"], told["first"]) == (2, 1)
    assert [problem["file"] for problem in told["problems"]] == [gone.fs_path]
