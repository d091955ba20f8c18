"""Listing the videos below a folder."""

import os
from pathlib import Path
from typing import Any

import pytest

from library.paths import decode_path
from library.services.walk import Walk, mtime_ns
from tests.library.factories import write_file
from tests.library.privileges import ordinary_user


def listed(root: Path, **options: Any) -> list[str]:
    return [found.relative_path for found in Walk(str(root), **options)]


def test_videos_are_listed_folder_by_folder_in_the_order_of_their_names(tmp_path):
    for name in ("b/2.mp4", "b/1.mkv", "a/z.avi", "c.mp4", "b/deep/x.mov"):
        write_file(tmp_path / name)

    assert listed(tmp_path) == ["c.mp4", "a/z.avi", "b/1.mkv", "b/2.mp4", "b/deep/x.mov"]


def test_size_and_time_are_those_on_disk(tmp_path):
    write_file(tmp_path / "a.mp4", content=b"12345", mtime_ns=1_234_567_890_123_456_789)

    (found,) = Walk(str(tmp_path))

    assert (found.size_bytes, found.mtime_ns) == (5, 1_234_567_890_123_456_789)
    assert found.fs_path == str(tmp_path / "a.mp4")


def test_files_that_are_no_videos_are_passed_over(tmp_path):
    for name in ("a.jpg", "a.srt", "mp4", "a.mp4.part"):
        write_file(tmp_path / name)

    assert listed(tmp_path) == []


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    for name in (".a.mp4", "._b.mp4", ".trash/c.mp4", "shown/.git/d.mp4"):
        write_file(tmp_path / name)

    assert listed(tmp_path) == []


@pytest.mark.parametrize("name", ["@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found", "System Volume Information"])
def test_junk_folders_are_passed_over(tmp_path, name):
    write_file(tmp_path / "a" / name / "x.mp4")

    assert listed(tmp_path) == []


def test_a_link_to_its_own_parent_is_not_followed_for_ever(tmp_path):
    write_file(tmp_path / "a/x.mp4")
    (tmp_path / "a/loop").symlink_to(tmp_path / "a")
    (tmp_path / "a/up").symlink_to("..")

    assert listed(tmp_path) == ["a/x.mp4"]


def test_a_link_to_a_folder_around_the_root_is_not_followed(tmp_path):
    write_file(tmp_path / "root/x.mp4")
    write_file(tmp_path / "beside/private.mp4")
    (tmp_path / "root/up").symlink_to(tmp_path)

    assert listed(tmp_path / "root") == ["x.mp4"]


def test_links_to_each_other_are_passed_over(tmp_path):
    (tmp_path / "a.mp4").symlink_to("b.mp4")
    (tmp_path / "b.mp4").symlink_to("a.mp4")

    assert listed(tmp_path) == []


def test_a_loop_through_a_folder_outside_ends(tmp_path):
    write_file(tmp_path / "outside/x.mp4")
    (tmp_path / "outside/again").symlink_to(tmp_path / "outside")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to(tmp_path / "outside")

    assert listed(tmp_path / "root") == ["link/x.mp4"]


def test_a_folder_is_listed_by_its_own_name_though_a_link_sorts_before_it(tmp_path):
    write_file(tmp_path / "real/x.mp4")
    (tmp_path / "a link").symlink_to(tmp_path / "real")

    assert listed(tmp_path) == ["real/x.mp4"]


def test_a_link_to_a_video_inside_is_passed_over(tmp_path):
    write_file(tmp_path / "x.mp4")
    (tmp_path / "link.mp4").symlink_to("x.mp4")

    assert listed(tmp_path) == ["x.mp4"]


def test_a_link_to_a_video_outside_is_listed(tmp_path):
    write_file(tmp_path / "outside/x.mp4", content=b"12345")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link.mp4").symlink_to(tmp_path / "outside/x.mp4")

    (found,) = Walk(str(tmp_path / "root"))

    assert (found.relative_path, found.size_bytes) == ("link.mp4", 5)


def test_a_link_into_a_hidden_folder_inside_is_listed(tmp_path):
    write_file(tmp_path / ".git/annex/SHA256-abc.mp4")
    (tmp_path / "x.mp4").symlink_to(".git/annex/SHA256-abc.mp4")

    assert listed(tmp_path) == ["x.mp4"]


def test_a_link_to_a_file_inside_that_is_not_named_like_a_video_is_listed(tmp_path):
    write_file(tmp_path / "objects/abc")
    (tmp_path / "x.mp4").symlink_to("objects/abc")

    assert listed(tmp_path) == ["x.mp4"]


def test_broken_links_are_passed_over(tmp_path):
    (tmp_path / "x.mp4").symlink_to("nowhere.mp4")
    (tmp_path / "folder").symlink_to("nowhere")

    assert listed(tmp_path) == []


def test_a_root_that_is_a_link_is_listed(tmp_path):
    write_file(tmp_path / "real/x.mp4")
    (tmp_path / "root").symlink_to("real")

    assert listed(tmp_path / "root") == ["x.mp4"]


def test_a_pipe_named_like_a_video_is_passed_over(tmp_path):
    os.mkfifo(tmp_path / "x.mp4")

    assert listed(tmp_path) == []


def test_a_folder_named_like_a_video_is_a_folder(tmp_path):
    write_file(tmp_path / "x.mp4/y.mp4")

    assert listed(tmp_path) == ["x.mp4/y.mp4"]


def test_registered_folders_inside_are_left_out(tmp_path):
    write_file(tmp_path / "inner/x.mp4")
    write_file(tmp_path / "inner too/y.mp4")

    assert listed(tmp_path, leave_out=frozenset({str(tmp_path / "inner")})) == ["inner too/y.mp4"]


def test_a_link_into_another_registered_folder_is_passed_over(tmp_path):
    write_file(tmp_path / "other/deep/x.mp4")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to(tmp_path / "other/deep")
    (tmp_path / "root/link.mp4").symlink_to(tmp_path / "other/deep/x.mp4")

    assert listed(tmp_path / "root", leave_out=frozenset({str(tmp_path / "other")})) == []


def test_unicode_names_are_listed(tmp_path):
    names = ["Grüße 日本語.mp4", "👨\u200d👩\u200d👧.mkv", "u\u0308 composed.mp4", "ü composed.mp4"]
    for name in names:
        write_file(tmp_path / name)

    assert sorted(listed(tmp_path)) == sorted(names)


def test_names_that_are_not_utf_8_are_listed(tmp_path):
    name = os.fsdecode(b"fold\xe9r/n\xff.mp4")
    write_file(os.path.join(tmp_path, name))

    (found,) = Walk(str(tmp_path))

    assert decode_path(found.relative_path) == name
    assert os.path.exists(found.fs_path)


def test_a_name_of_255_bytes_is_listed(tmp_path):
    name = "é" * 125 + "x.mp4"
    write_file(tmp_path / name)

    assert listed(tmp_path) == [name]
    assert len(name.encode()) == 255


def test_a_path_of_more_than_2700_bytes_is_listed(tmp_path):
    deep = "/".join(["d" * 200] * 15)
    write_file(tmp_path / deep / "x.mp4")

    assert listed(tmp_path) == [f"{deep}/x.mp4"]


def test_what_lies_too_deep_for_the_system_is_named_and_the_rest_listed(tmp_path):
    write_file(tmp_path / "x.mp4")
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=here)
        deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    walk = Walk(str(tmp_path))

    assert [found.relative_path for found in walk] == ["x.mp4"]
    assert len(walk.unreadable) == 1


def test_a_folder_that_may_not_be_listed_is_named_and_the_rest_listed(public_path):
    write_file(public_path / "closed/x.mp4")
    write_file(public_path / "open/y.mp4")
    (public_path / "closed").chmod(0)
    walk = Walk(str(public_path))

    with ordinary_user():
        names = [found.relative_path for found in walk]

    assert (names, walk.unreadable) == (["open/y.mp4"], ["closed"])


def test_a_file_that_is_listed_and_may_not_be_looked_at_is_found_without_its_size(public_path):
    write_file(public_path / "names only/x.mp4")
    (public_path / "names only").chmod(0o744)

    with ordinary_user():
        (found,) = Walk(str(public_path))

    assert (found.relative_path, found.size_bytes, found.mtime_ns) == ("names only/x.mp4", 0, 0)


def test_a_folder_that_vanishes_during_the_walk_is_not_unreadable(tmp_path):
    write_file(tmp_path / "x.mp4")
    (tmp_path / "gone").mkdir()
    walk = Walk(str(tmp_path))

    for _ in walk:
        (tmp_path / "gone").rmdir()

    assert walk.unreadable == []


def test_a_root_that_is_not_there_is_unreadable(tmp_path):
    walk = Walk(str(tmp_path / "gone"))

    assert (list(walk), walk.unreadable) == ([], [""])


def test_a_file_that_vanishes_while_its_folder_is_listed_is_passed_over(tmp_path):
    write_file(tmp_path / "a.mp4")
    write_file(tmp_path / "b.mp4")
    walk = iter(Walk(str(tmp_path)))

    next(walk)
    Path(tmp_path / "b.mp4").unlink()

    assert list(walk) == []


def test_only_the_part_that_is_asked_for_is_listed(tmp_path):
    write_file(tmp_path / "a/x.mp4")
    write_file(tmp_path / "b/y.mp4")

    assert listed(tmp_path, start="b") == ["b/y.mp4"]


def test_a_time_beyond_the_database_is_brought_to_its_end(tmp_path):
    status = os.stat(tmp_path)
    beyond = os.stat_result([*status[:10]], {"st_mtime_ns": 2**63 + 5})

    assert mtime_ns(beyond) == 2**63 - 1
