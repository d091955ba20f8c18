"""Patterns of what scans leave out."""

from pathlib import Path

import pytest

from library.models import Video
from library.services.exclusions import exclusion_of
from library.services.walk import Walk, listing_digests
from tests.library.factories import make_file, make_folder, write_file
from tests.library.scanning import scan


@pytest.mark.parametrize(
    ("glob", "path", "is_excluded"),
    [
        ("*.tmp.mp4", "a/b/X.TMP.mp4", True),
        ("*.tmp.mp4", "a/b/x.mp4", False),
        ("Extras/**", "extras/deep/a.mp4", True),
        ("Extras/**", "films/extras/a.mp4", False),
        ("Extras", "films/extras/a.mp4", True),
        ("/Extras", "films/extras/a.mp4", False),
        ("a/*/b", "a/1/b/c.mp4", True),
        ("a/*/b", "a/1/2/b/c.mp4", False),
        ("a/**/b.mp4", "a/1/2/b.mp4", True),
        ("a/**/b.mp4", "a/b.mp4", True),
        ("**/trailers", "x/y/trailers/a.mp4", True),
        ("film?.mp4", "film1.mp4", True),
        ("film?.mp4", "film12.mp4", False),
        ("[!x]oo.mp4", "foo.mp4", True),
        ("[!x]oo.mp4", "xoo.mp4", False),
        ("[z-a].mp4", "[z-a].mp4", True),
        ("sample/", "d/sample/x.mp4", True),
        ("a.b", "axb", False),
    ],
)
def test_a_pattern_excludes(glob, path, is_excluded):
    is_left_out = exclusion_of([glob])

    assert is_left_out is not None
    assert is_left_out(path) is is_excluded


def test_without_patterns_nothing_is_asked():
    assert exclusion_of([]) is None


def test_nothing_below_an_excluded_folder_is_listed(tmp_path):
    write_file(tmp_path / "films/a.mp4")
    closed = tmp_path / "extras"
    closed.mkdir(mode=0)

    walk = Walk(str(tmp_path), is_excluded=exclusion_of(["extras"]))

    assert [found.relative_path for found in walk] == ["films/a.mp4"]
    assert walk.unreadable == []


@pytest.mark.django_db
def test_known_files_that_are_excluded_count_as_missing_with_a_word_and_come_back(tmp_path):
    folder = make_folder(path=tmp_path)
    for number in range(20):
        make_file(folder=folder, path=write_file(tmp_path / f"extras/{number}.mp4"))
    make_file(folder=folder, path=write_file(tmp_path / "film.mp4"))
    folder.exclude_globs = ["extras/**"]
    folder.save()

    assert scan(folder) == {"seen": 1, "unchanged": 1, "missing": 20}
    assert "20 files are left out by the folder's patterns" in folder.scans.latest("pk").error
    assert Video.objects.missing().count() == 20

    folder.exclude_globs = []
    folder.save()
    assert scan(folder) == {"seen": 21, "unchanged": 1, "returned": 20}


def test_a_listing_changes_with_names_and_not_with_content(tmp_path):
    path = Path(write_file(tmp_path / "a/film.mp4"))
    write_file(tmp_path / ".hidden/x.mp4")
    write_file(tmp_path / "@eaDir/x.mp4")
    before = listing_digests(str(tmp_path))

    path.write_bytes(b"other")
    same = listing_digests(str(tmp_path))
    path.rename(path.with_name("other.mp4"))
    after = listing_digests(str(tmp_path))

    assert same == before
    assert set(before) == {"", "a"}
    assert {part for part in before if before[part] != after[part]} == {"a"}
