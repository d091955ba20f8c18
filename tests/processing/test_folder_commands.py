"""manage.py scan and manage.py relocate_folder"""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from library.models import Folder, LibrarySettings, Video
from processing.models import Job
from tests.library.factories import make_file, make_folder, write_file

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_connection")]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    LibrarySettings.objects.create(pk=1, settle_seconds=0)
    made = make_folder(path=tmp_path / "films", name="Films")
    for number in range(20):
        make_file(folder=made, path=write_file(tmp_path / f"films/{number}.mp4"))
    return made


def test_scan_has_new_files_processed_and_says_what_it_found(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    write_file(Path(folder.fs_path, "sub/new.mp4"))

    call_command("scan", f"{folder.fs_path}/sub")

    assert capsys.readouterr().out == "Films: 1 seen, 1 new.\n"
    assert Job.objects.get().stage == "probe"


def test_scan_asks_when_too_many_are_missing_and_takes_the_answer(folder: Folder) -> None:
    for path in sorted(Path(folder.fs_path).glob("*.mp4"))[:18]:
        path.unlink()

    with pytest.raises(CommandError, match="18 of 20 files") as held:
        call_command("scan", folder.fs_path)
    assert (held.value.returncode, Video.objects.missing().count()) == (3, 0)

    call_command("scan", folder.fs_path, accept_missing=True)
    assert Video.objects.missing().count() == 18


@pytest.mark.parametrize("command", [["scan"], ["relocate_folder", "/tmp"]])
def test_a_place_outside_of_the_library_is_refused(command: list[str]) -> None:
    name, *rest = command
    with pytest.raises(CommandError, match="in no folder of the library"):
        call_command(name, "/no/such/folder", *rest)


def test_a_relocation_says_what_it_would_do_and_does_it(
    folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(folder.fs_path).rename(tmp_path / "new")

    call_command("relocate_folder", folder.fs_path, str(tmp_path / "new"), dry_run=True)
    assert "of 20 looked for there, 20 have the same size and content" in capsys.readouterr().out
    assert Folder.objects.get().path == folder.path

    call_command("relocate_folder", folder.fs_path, str(tmp_path / "new"))
    assert Folder.objects.get().path == str(tmp_path / "new")
    assert Job.objects.get().stage == "scan"


def test_a_relocation_to_another_folder_is_refused(folder: Folder, tmp_path: Path) -> None:
    write_file(tmp_path / "new/0.mp4")

    with pytest.raises(CommandError, match="this is another folder"):
        call_command("relocate_folder", folder.fs_path, str(tmp_path / "new"))
