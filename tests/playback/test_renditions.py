"""Which streams may be asked for."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from playback.models import StreamRendition
from playback.services.renditions import (
    find_rendition,
    forget_old_renditions,
    gone_keys,
    load_stream_job,
    register_rendition,
)
from tests.library.factories import make_file
from tests.playback.streams import COPIED, ENCODED
from tests.processing.converting import library_film

pytestmark = pytest.mark.django_db


def test_the_same_wish_has_the_same_key_and_one_row() -> None:
    file = make_file()

    keys = {register_rendition(file=file, rendition=COPIED) for _ in range(2)}

    assert StreamRendition.objects.get().key == keys.pop()
    assert not keys


def test_another_wish_another_file_and_another_content_have_other_keys() -> None:
    file, other = make_file(), make_file()
    keys = {
        register_rendition(file=file, rendition=COPIED),
        register_rendition(file=file, rendition=ENCODED),
        register_rendition(file=other, rendition=COPIED),
    }
    file.mtime_ns += 1
    file.save()

    keys.add(register_rendition(file=file, rendition=COPIED))

    assert len(keys) == 4


def test_a_key_is_good_for_its_own_video_and_its_own_content_only() -> None:
    file, other = make_file(), make_file()
    key = register_rendition(file=file, rendition=COPIED)

    assert find_rendition(key=key, video_id=file.video_id)
    assert find_rendition(key=key, video_id=other.video_id) is None
    assert find_rendition(key=key, file=other) is None
    file.oshash = "0123456789abcdef"
    file.save()
    assert find_rendition(key=key, video_id=file.video_id) is None
    assert gone_keys([key, "f" * 32]) == {key, "f" * 32}


def test_a_copy_in_the_trash_is_not_streamed() -> None:
    file = make_file()
    key = register_rendition(file=file, rendition=COPIED)
    file.trashed_at = timezone.now()
    file.save()

    assert find_rendition(key=key, file=file) is None


def test_the_streamer_gets_the_path_the_facts_and_the_wish(tmp_path: Path) -> None:
    file = library_film(tmp_path, codec="h264", audio="aac")
    key = register_rendition(file=file, rendition=ENCODED)

    job = load_stream_job(key)

    assert job is not None
    assert job.source.path == str(tmp_path / "film.mp4")
    assert (job.source.facts.width, job.source.facts.height) == (160, 90)
    assert [stream.kind for stream in job.source.facts.streams] == ["video", "audio"]
    assert job.rendition == ENCODED


def test_a_file_that_changed_on_the_disk_is_not_streamed_before_it_is_scanned(tmp_path: Path) -> None:
    file = library_film(tmp_path, codec="h264")
    key = register_rendition(file=file, rendition=COPIED)
    os.utime(tmp_path / "film.mp4", (1, 1))

    assert load_stream_job(key) is None


def test_a_purged_file_takes_its_streams_along() -> None:
    file = make_file()
    key = register_rendition(file=file, rendition=COPIED)

    file.delete()

    assert gone_keys([key]) == {key}


def test_rows_of_long_ago_go_unless_their_parts_are_kept() -> None:
    file = make_file()
    kept, old, new = (
        register_rendition(file=file, rendition=rendition)
        for rendition in (COPIED, ENCODED, COPIED.__class__(None, ENCODED.audio))
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        long_ago = timezone.now() - timedelta(days=31)
        StreamRendition.objects.filter(key__in=(kept, old)).update(created_at=long_ago)

    assert forget_old_renditions(kept=[kept]) == 1
    assert set(StreamRendition.objects.values_list("key", flat=True)) == {kept, new}
