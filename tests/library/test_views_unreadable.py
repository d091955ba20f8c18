"""The list of files that could not be read."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from library import queries
from library.models import Folder, VideoFile
from library.models.file import FileState
from library.roles import ADMIN
from processing.models import Job
from tests.library.factories import make_file, make_folder, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "/files/unreadable/"


@pytest.fixture
def folder() -> Folder:
    return make_folder(name="Old disk")


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(role=ADMIN))
    return client


def make_failed(folder: Folder, **columns: object) -> VideoFile:
    return make_file(folder=folder, state=FileState.FAILED, **{"error": "The file is empty.", **columns})


def test_each_file_says_its_name_folder_and_reason(staff: Client, folder: Folder) -> None:
    make_failed(folder, relative_path="holiday/<beach>.mp4")

    page = staff.get(ADDRESS).content.decode()

    assert "&lt;beach&gt;.mp4" in page
    assert "The file is empty." in page
    assert f"{folder.shown_path}/holiday/" in page


def test_a_viewer_sees_neither_the_path_nor_the_button(client: Client, folder: Folder) -> None:
    make_failed(folder)
    client.force_login(make_user())

    page = client.get(ADDRESS).content.decode()

    assert "Old disk" in page
    assert folder.shown_path not in page
    assert "Try again" not in page


def test_try_again_makes_the_file_wait_for_a_probe(staff: Client, folder: Folder) -> None:
    file = make_failed(folder)

    page = staff.post(f"{ADDRESS}again/", {"file": file.pk}, follow=True).content.decode()

    file.refresh_from_db()
    assert (file.state, file.error) == (FileState.NEW, "")
    assert Job.objects.get().target_id == file.pk
    assert f"{file.shown_name} is being looked at again." in page


@pytest.mark.parametrize("given", ["", "x", "999999", "99999999999999999999"])
def test_trying_again_what_is_not_in_the_list_says_so(staff: Client, given: str) -> None:
    page = staff.post(f"{ADDRESS}again/", {"file": given}, follow=True).content.decode()

    assert "not in the list any more" in page


def test_only_staff_may_try_again(client: Client, folder: Folder) -> None:
    file = make_failed(folder)
    client.force_login(make_user())

    assert client.post(f"{ADDRESS}again/", {"file": file.pk}).status_code == 403
    assert not Job.objects.exists()


def test_the_list_goes_on_page_by_page(staff: Client, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 3)
    files = [make_failed(folder) for _ in range(7)]
    names: list[str] = []
    address: str | None = ADDRESS

    while address:
        page = staff.get(address).content.decode()
        names += re.findall(r"<h2>\s*(video\S+)", page)
        more = re.search(r'href="([^"]*before=\d+)"', page)
        address = more[1] if more else None

    assert names == [file.shown_name for file in reversed(files)]


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30])
def test_a_broken_place_is_404(staff: Client, before: str) -> None:
    assert staff.get(f"{ADDRESS}?before={before}").status_code == 404


def test_the_list_asks_as_often_for_forty_files_as_for_ten(staff: Client, folder: Folder) -> None:
    counts = []

    for number in (10, 30):
        for _ in range(number):
            make_failed(folder)
        with CaptureQueriesContext(connection) as asked:
            staff.get(ADDRESS)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_an_empty_list_is_good_news(staff: Client) -> None:
    assert "Every file could be read" in staff.get(ADDRESS).content.decode()
