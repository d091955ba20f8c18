"""Two who write to the same row at once by the API."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from library.api.versions import check_version
from tests.config.api_world import client_for, send
from tests.library.factories import make_file, make_user


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_of_two_who_write_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch, is_locked: bool) -> None:
    """The control without the lock lets both write, and one of the two titles is lost."""
    client = client_for(make_user(is_superuser=True))
    place = f"/api/v1/videos/{make_file().video_id}/"
    version = client.get(place)["ETag"]
    both_checked = threading.Barrier(2)

    def check_and_wait(*args: Any, **options: Any) -> None:
        check_version(*args, **options)
        # Broken where the other one waits for the lock that this one holds.
        with suppress(threading.BrokenBarrierError):
            both_checked.wait(timeout=1)

    def write_title(title: str) -> int:
        try:
            return int(send(client, "PATCH", place, {"title": title}, **{"If-Match": version}).status_code)
        finally:
            connection.close()

    monkeypatch.setattr("library.api.videos.check_version", check_and_wait)
    if not is_locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    with ThreadPoolExecutor(2) as threads:
        statuses = sorted(threads.map(write_title, ("One", "Two")))

    assert statuses == ([200, 409] if is_locked else [200, 200])
