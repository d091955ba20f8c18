"""Two scans of one folder at once."""

import contextlib
import threading
from typing import Self

import pytest
from django.db import IntegrityError, connection

from library.exceptions import ScanInProgressError
from library.models import Folder, ScanLog
from library.models.scan_log import ScanStatus
from library.services import scan as scan_module
from library.services import scan_folder
from tests.library.factories import make_folder, write_file

pytestmark = pytest.mark.django_db(transaction=True)


class OtherScan:
    """A scan on a connection of its own that stands still, once it has read what is known, until it may go on."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.error: Exception | None = None
        self._is_there, self._may_go_on = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            scan_folder(folder=self.folder, on_progress=self._wait)
        except Exception as error:  # noqa: BLE001
            self.error = error
        finally:
            self._is_there.set()
            connection.close()

    def _wait(self, seen: int) -> None:
        self._is_there.set()
        self._may_go_on.wait(20)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_there.wait(20)
        return self

    def __exit__(self, *exception: object) -> None:
        self._may_go_on.set()
        self._thread.join()


def test_the_second_scan_is_told_that_one_is_running(tmp_path):
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)

    with OtherScan(folder) as other, pytest.raises(ScanInProgressError, match="is being scanned already"):
        scan_folder(folder=folder)

    assert other.error is None
    assert [log.status for log in ScanLog.objects.all()] == [ScanStatus.COMPLETED]


def test_control_without_the_lock_both_write_the_same_file(tmp_path, monkeypatch):
    monkeypatch.setattr(scan_module, "one_at_a_time", lambda folder: contextlib.nullcontext())
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)

    with OtherScan(folder) as other:
        scan_folder(folder=folder)

    assert isinstance(other.error, IntegrityError)


def test_another_folder_can_be_scanned_meanwhile(tmp_path):
    write_file(tmp_path / "one/a.mp4")
    write_file(tmp_path / "two/b.mp4")
    one, two = make_folder(path=tmp_path / "one"), make_folder(path=tmp_path / "two")

    with OtherScan(one):
        log = scan_folder(folder=two)

    assert log.files_new == 1


def test_a_scan_that_failed_leaves_the_folder_free(tmp_path):
    folder = make_folder(path=tmp_path / "late")
    with contextlib.suppress(Exception):
        scan_folder(folder=folder)
    write_file(tmp_path / "late/a.mp4")

    with OtherScan(folder) as other:
        pass

    assert other.error is None
