"""Renaming files on the disk: never over another, never lost, always to be taken back."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from library.exceptions import RenameRefusedError
from library.models import Folder, LibrarySettings, OldPath, RenameItem, RenameRun, VideoFile
from library.models.renaming import RenameState
from library.services.renaming import runs
from library.services.renaming.names import Facts, NameTemplateError, check_template, make_path
from library.services.renaming.plan import plan_renames
from library.services.renaming.runs import apply_renaming, begin_renaming, undo_renaming
from tests.library.factories import make_file, make_folder, make_user, make_video, write_file
from tests.library.scanning import scan
from tests.people.factories import credit, make_creator

TEMPLATE = "{creators}/[{studio} - ]{title}"


# ---- names ----------------------------------------------------------------------------------------------------------
def facts(**values: str) -> Facts:
    return Facts({"title": "Sun", "name": "old", "folder": "", **values}, ".mp4")


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("[{studio} - ]{title}[ ({year})]", {}, "Sun.mp4"),
        ("[{studio} - ]{title}[ ({year})]", {"studio": "Acme", "year": "2024"}, "Acme - Sun (2024).mp4"),
        ("{folder}/{title}", {"folder": "a/ b?"}, "a/ b?/Sun.mp4"),
        ("{creators}/{title}", {"creators": "A/B"}, "A-B/Sun.mp4"),
        ("{creators}/{title}", {}, "Sun.mp4"),
        ("{title}", {"title": 'What: "this"? <now>|*\\'}, "What_ _this__ _now.mp4"),
        ("{title}", {"title": "con"}, "_con.mp4"),
        ("{title}", {"title": "../../etc"}, "....-etc.mp4"),
        ("{title}", {"title": "..."}, "old.mp4"),
        ("{title}", {"title": "é" * 300}, "é" * 115 + ".mp4"),
    ],
)
def test_a_path_is_made_that_every_file_system_takes(template: str, values: dict[str, str], expected: str) -> None:
    made = make_path(check_template(template), facts(**values))

    assert made == expected or (expected.startswith("....") and ".." not in made.split("/"))
    assert all(0 < len(part.encode()) <= 255 for part in made.split("/"))


@pytest.mark.parametrize("template", ["", "x", "{title}/", "{nothing} {title}", "{studio}", "[{title}", "../{title}"])
def test_a_template_that_can_not_be_says_why(template: str) -> None:
    with pytest.raises(NameTemplateError):
        check_template(template)


# ---- the disk -------------------------------------------------------------------------------------------------------
@pytest.fixture
def folder(tmp_path: Path, db: None) -> Folder:
    LibrarySettings.objects.create(pk=1, is_renaming_allowed=True)
    return make_folder(path=tmp_path)


def film(folder: Folder, path: str, title: str) -> VideoFile:
    place = Path(folder.path) / path
    write_file(place)
    return make_file(path=place, folder=folder, video=make_video(title=title))


def tree(folder: Folder) -> dict[str, bytes]:
    root = Path(folder.path)
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def rename(template: str = TEMPLATE) -> RenameRun:
    run = begin_renaming(template=template, renames=plan_renames(template=template).renames, user=make_user())
    return apply_renaming(run_id=run.pk)


def test_it_is_off_until_the_owner_allows_it(folder: Folder) -> None:
    film(folder, "a.mp4", "Sun")
    LibrarySettings.objects.update(is_renaming_allowed=False)
    plan = plan_renames(template="{title}")

    with pytest.raises(RenameRefusedError, match="switched off"):
        begin_renaming(template="{title}", renames=plan.renames, user=None)

    assert list(tree(folder)) == ["a.mp4"]


def test_files_move_with_what_belongs_to_them_and_come_back_exactly(folder: Folder) -> None:
    file = film(folder, "in/a.mp4", "Sun")
    for name in ("in/a.en.srt", "in/a.nfo"):
        write_file(Path(folder.path) / name, content=b"beside it")
    write_file(Path(folder.path) / "in/ab.srt", content=b"of another film")
    credit(make_creator(name="Ana"), file.video)
    before = tree(folder)

    run = rename()

    after = tree(folder)
    assert sorted(after) == ["Ana/Sun.en.srt", "Ana/Sun.mp4", "Ana/Sun.nfo", "in/ab.srt"]
    file.refresh_from_db()
    assert (file.relative_path, run.renamed_count) == ("Ana/Sun.mp4", 1)
    assert OldPath.objects.get(file=file).path.endswith("/in/a.mp4")
    assert not {"added", "moved", "missing", "updated"} & set(scan(folder)), "the scan finds what it knows"
    assert VideoFile.objects.count() == 1
    undo = undo_renaming(run=run, user=None)
    apply_renaming(run_id=undo.pk)
    assert tree(folder) == before
    assert not (Path(folder.path) / "Ana").exists()
    with pytest.raises(RenameRefusedError, match="already"):
        undo_renaming(run=run, user=None)


def test_what_is_in_the_way_is_told_and_left_alone(folder: Folder) -> None:
    film(folder, "1.mp4", "Twice")
    film(folder, "2.mp4", "TWICE")
    film(folder, "3.mp4", "There")
    write_file(Path(folder.path) / "There.mp4", content=b"somebody else's")
    film(folder, "4.mp4", "Folder/x")
    changed = film(folder, "5.mp4", "Changed")
    Path(changed.fs_path).write_bytes(b"other content now")
    film(folder, "6.mp4", "Free")
    film(folder, "Right.mp4", "Right")
    before = tree(folder)

    plan = plan_renames(template="{title}")
    run = rename("{title}")

    problems = {one.old: one.problem for one in plan.conflicts}
    assert sorted(problems) == ["1.mp4", "2.mp4", "3.mp4", "5.mp4"]
    assert "same name" in problems["1.mp4"]
    assert "ever overwritten" in problems["3.mp4"]
    assert (run.renamed_count, plan.unchanged) == (2, 1)
    after = tree(folder)
    assert after["There.mp4"] == b"somebody else's"
    assert sorted(after.values()) == sorted(before.values())
    assert {"Free.mp4", "Folder-x.mp4"} <= set(after)


def test_what_appears_at_the_last_moment_is_not_overwritten(folder: Folder) -> None:
    file = film(folder, "a.mp4", "Sun")
    run = begin_renaming(template="{title}", renames=plan_renames(template="{title}").renames, user=None)
    write_file(Path(folder.path) / "Sun.mp4", content=b"late")
    (Path(folder.path) / "Sun.mp4").chmod(0o600)

    done = apply_renaming(run_id=run.pk)

    assert (done.renamed_count, done.failed_count) == (0, 1)
    assert (Path(folder.path) / "Sun.mp4").read_bytes() == b"late"
    file.refresh_from_db()
    assert file.relative_path == "a.mp4"


class Crash(BaseException):
    """A killed process."""


@pytest.mark.parametrize("moment", ["name taken", "moved", "companion moved"])
def test_a_crash_at_any_moment_loses_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    file = film(folder, "in/a.mp4", "Sun")
    write_file(Path(folder.path) / "in/a.srt", content=b"words")
    contents = sorted(tree(folder).values())
    run = begin_renaming(template="{title}", renames=plan_renames(template="{title}").renames, user=None)

    def crashing(service: Callable[..., Any], after: bool) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if after:
                service(*args, **options)
            raise Crash

        return call

    name = {"name taken": "_take_name", "moved": "_move_companions", "companion moved": "_move_companions"}[moment]
    with monkeypatch.context() as patched:
        patched.setattr(runs, name, crashing(getattr(runs, name), after=moment != "moved"))
        with pytest.raises(Crash):
            apply_renaming(run_id=run.pk)
    assert RenameItem.objects.get().state == RenameState.MOVING

    done = apply_renaming(run_id=run.pk)

    assert (done.renamed_count, done.failed_count) == (1, 0)
    assert sorted(tree(folder)) == ["Sun.mp4", "Sun.srt"]
    assert sorted(tree(folder).values()) == contents
    file.refresh_from_db()
    assert file.relative_path == "Sun.mp4"


def test_the_command_shows_does_and_takes_back(folder: Folder) -> None:
    film(folder, "a.mp4", "Sun")
    out = StringIO()

    call_command("rename_files", template="{title}", stdout=out)
    shown = list(tree(folder))
    call_command("rename_files", template="{title}", apply=True, stdout=out)
    done = list(tree(folder))
    call_command("rename_files", undo=RenameRun.objects.get().pk, stdout=out)

    assert (shown, done, list(tree(folder))) == (["a.mp4"], ["Sun.mp4"], ["a.mp4"])
    assert "a.mp4 -> Sun.mp4" in out.getvalue()
    with pytest.raises(CommandError, match="isn't known"):
        call_command("rename_files", template="{title} {x}")
