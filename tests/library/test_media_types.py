"""Which files are videos."""

import pytest

from library.media_types import is_video_name, media_type


@pytest.mark.parametrize("name", ["a.mp4", "A.MKV", "a.b.webm", "x.m2ts", "x.wmv", "x.m4v", "x.avi", "x.mov", "x.3gp"])
def test_common_containers_are_videos(name):
    assert is_video_name(name)


@pytest.mark.parametrize("name", ["a.jpg", "a.srt", "mp4", "a.mp4.part", "a.mp4~", "a.", "a.mp3"])
def test_other_files_are_not(name):
    assert not is_video_name(name)


def test_a_browser_is_told_the_type():
    assert media_type("Holiday.MP4") == "video/mp4"


def test_an_unknown_type_is_just_bytes():
    assert media_type("notes.txt") == "application/octet-stream"
