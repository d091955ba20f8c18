import io
import json
import shutil
import tarfile

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection

from config.backup import archive
from config.backup.archive import create_backup, read_manifest
from config.backup.restore import restore_backup
from config.embedded.errors import StackError
from config.embedded.lock import Holder, HomeLock


@pytest.fixture
def library(migrated_database, own_home):
    """A migrated database with an account, an uploaded picture and a key."""
    get_user_model().objects.create_user(username="ann", password="x", email="ann@example.org")
    (own_home / "uploads" / "faces").mkdir(parents=True)
    (own_home / "uploads" / "faces" / "ann.jpg").write_bytes(b"a picture")
    (own_home / "secrets").mkdir()
    (own_home / "secrets" / "secret-key").write_text("the key")
    (own_home / "secrets" / "data-key").write_text("what passwords are encrypted with")
    return own_home


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """Where the first test that needs a backup of `library` leaves it for the others, to which it is the same."""
    return tmp_path_factory.mktemp("backup") / "library.tar"


@pytest.fixture
def backup(library, tmp_path, made_once):
    if not made_once.exists():
        create_backup(made_once)
    return shutil.copy(made_once, tmp_path / "my backup.tar")


def all_rows() -> dict[str, list[tuple]]:
    """Every row of every table, by table."""
    with connection.cursor() as cursor:
        rows = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t.*::text FROM "{table}" t ORDER BY 1')
            rows[table] = cursor.fetchall()
        return rows


def spoil(library) -> None:
    """Changes the database, the pictures and the key."""
    get_user_model().objects.update(username="bob")
    get_user_model().objects.create_user(username="eve")
    (library / "uploads" / "faces" / "ann.jpg").write_bytes(b"another picture")
    (library / "uploads" / "new.jpg").write_bytes(b"x")
    (library / "secrets" / "secret-key").write_text("another key")
    (library / "secrets" / "data-key").unlink()


def test_a_restored_backup_is_row_by_row_what_was_backed_up(library, tmp_path):
    before = all_rows()
    create_backup(tmp_path / "backup.tar")
    spoil(library)

    restore_backup(tmp_path / "backup.tar")

    assert all_rows() == before


def test_a_restored_backup_brings_pictures_and_key_back(library, backup):
    spoil(library)

    restore_backup(backup)

    assert (library / "uploads" / "faces" / "ann.jpg").read_bytes() == b"a picture"
    assert not (library / "uploads" / "new.jpg").exists()
    assert (library / "secrets" / "secret-key").read_text() == "the key"
    assert (library / "secrets" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert (library / "secrets" / "data-key").read_text() == "what passwords are encrypted with"
    assert (library / "secrets" / "data-key").stat().st_mode & 0o777 == 0o600


def test_a_backup_is_private_and_leaves_nothing_beside_it(backup, tmp_path):
    assert backup.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "my backup.tar"]


@pytest.mark.parametrize("place", [0.3, 0.6, 0.97])
def test_a_damaged_backup_changes_nothing(library, backup, place):
    content = bytearray(backup.read_bytes())
    with tarfile.open(backup) as tar:
        size = tar.getmember(archive.DATABASE).size
    content[512 + int(size * place)] ^= 0xFF
    backup.write_bytes(content)
    spoil(library)
    before = all_rows()

    with pytest.raises(StackError, match="is damaged"):
        restore_backup(backup)

    assert all_rows() == before


@pytest.mark.parametrize("content", [b"", b"this is no tar", b"\0" * 20_000])
def test_a_file_that_is_no_backup_is_refused(library, tmp_path, content):
    (tmp_path / "other.tar").write_bytes(content)

    with pytest.raises(StackError, match="no backup of Videothek"):
        restore_backup(tmp_path / "other.tar")


def test_a_cut_off_backup_is_refused(library, backup):
    backup.write_bytes(backup.read_bytes()[:-30_000])

    with pytest.raises(StackError, match="is damaged"):
        restore_backup(backup)


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(StackError, match="There is no file"):
        read_manifest(tmp_path / "none.tar")


def rewrite_manifest(backup, **changes) -> None:
    """The same backup with another manifest."""
    with tarfile.open(backup) as tar:
        members = [(entry, tar.extractfile(entry).read()) for entry in tar]
    with tarfile.open(backup, "w") as tar:
        for entry, content in members:
            if entry.name == archive.MANIFEST:
                content = json.dumps({**json.loads(content), **changes}).encode()
                entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def test_a_backup_of_a_newer_release_is_refused(library, backup):
    rewrite_manifest(backup, migrations=["library.0999_future"], videothek="9.0")

    with pytest.raises(StackError, match=r"Videothek 9\.0, a newer release"):
        restore_backup(backup)


def test_a_backup_of_a_newer_format_is_refused(library, backup):
    rewrite_manifest(backup, format=2, videothek="9.0")

    with pytest.raises(StackError, match="which is newer"):
        restore_backup(backup)


def test_a_file_outside_the_uploads_is_refused(library, backup):
    with tarfile.open(backup, "a") as tar:
        entry = tarfile.TarInfo("uploads/../../evil")
        tar.addfile(entry, io.BytesIO(b""))

    with pytest.raises(StackError, match="is damaged"):
        restore_backup(backup)


def test_a_running_stack_is_not_restored_over(library, backup):
    lock = HomeLock(library)
    lock.acquire(Holder(pid=7, role="up", url="http://127.0.0.1:8000"))

    with pytest.raises(StackError, match=r"running at http://127\.0\.0\.1:8000 \(process 7\)"):
        restore_backup(backup)

    lock.release()


def test_a_restore_that_fails_late_loses_nothing(library, backup, monkeypatch):
    spoil(library)
    before = all_rows()

    def fail(*args: object, **options: object) -> None:
        raise StackError("no luck")

    monkeypatch.setattr("config.backup.restore.call_command", fail)
    with pytest.raises(StackError, match="no luck"):
        restore_backup(backup)

    assert all_rows() == before
    assert (library / "secrets" / "secret-key").read_text() == "another key"


def test_the_command_names_the_file_by_the_time(library, capsys):
    call_command("backup")

    (made,) = (library / "backups").iterdir()
    assert str(made) in capsys.readouterr().out


def test_a_target_that_can_not_be_written_is_a_sentence(library, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match="can't be written"):
        call_command("backup", str(tmp_path / "file" / "backup.tar"))


def test_restoring_asks_first(library, backup):
    with pytest.raises(CommandError, match="--yes"):
        call_command("restore", str(backup))


def test_the_restore_command_says_what_it_restored(library, backup, capsys):
    call_command("restore", str(backup), "--yes")

    assert "Restored the backup of 20" in capsys.readouterr().out
