"""What the engine does about the trash."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from library.services.purge import purge
from library.services.trash import restore, trash
from processing.models import Job, JobStatus, Thumbnail
from tests.library.factories import make_file, write_file
from tests.processing.factories import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_connection")]


def test_jobs_of_a_trashed_video_are_cancelled_and_begin_again_with_it(tmp_path: Path) -> None:
    file = make_file(path=write_file(tmp_path / "film.mp4"), state="probed")
    job = make_job(stage="frames", target_id=file.pk)

    trash(kind="video", ids=[file.video_id or 0])
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED

    restore(kind="video", ids=[file.video_id or 0])
    assert Job.objects.active().get().target_id == file.pk


def test_pictures_go_with_a_purge(tmp_path: Path, derived: Path) -> None:
    file = make_file(path=write_file(tmp_path / "film.mp4"))
    names = [storages["derived"].save(f"x/{size}.webp", ContentFile(b"x")) for size in ("small", "large")]
    Thumbnail.objects.create(
        file=file,
        small=names[0],
        small_width=1,
        small_height=1,
        large=names[1],
        large_width=1,
        large_height=1,
        time_seconds=0,
    )
    trash(kind="video", ids=[file.video_id or 0])

    purge(kind="video", ids=[file.video_id or 0])

    assert not any(storages["derived"].exists(name) for name in names)
