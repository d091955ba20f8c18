"""What recognises parts of a file, as the frames stage leaves it."""

from typing import Any

import pytest

from library.exceptions import FileChangedError
from library.models import FileSignature, VideoFile
from library.services import record_signature
from tests.library.factories import make_file

pytestmark = pytest.mark.django_db


def record(file: VideoFile, **values: Any) -> FileSignature:
    given: dict[str, Any] = {"frame_times": [], "frame_hashes": [], "keyframe_times": [], "keyframe_hashes": []}
    return record_signature(file_id=file.pk, **{"mtime_ns": file.mtime_ns, "version": 1, **given, **values})


def test_unsigned_hashes_are_stored_signed():
    file = make_file()

    record(file, frame_times=[0.5, 1.5], frame_hashes=[2**64 - 1, 5], keyframe_times=[0.0], keyframe_hashes=[2**63])

    signature = FileSignature.objects.get(file=file)
    assert (signature.frame_times, signature.frame_hashes) == ([0.5, 1.5], [-1, 5])
    assert (signature.keyframe_times, signature.keyframe_hashes) == ([0.0], [-(2**63)])


def test_a_second_one_replaces_the_first():
    file = make_file()
    record(file, frame_times=[0.5], frame_hashes=[5])

    record(file, version=2)

    signature = FileSignature.objects.get()
    assert (signature.version, signature.frame_hashes) == (2, [])


def test_the_signature_of_replaced_content_is_refused():
    file = make_file()

    with pytest.raises(FileChangedError):
        record(file, mtime_ns=file.mtime_ns - 1)

    assert not FileSignature.objects.exists()
