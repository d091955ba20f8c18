"""Sources with everything that has been seen to be wrong in one: tried, moved in, compared, taken back."""

from pathlib import Path

import pytest

from importers.registry import SourceOptions
from importers.services.taking_back import take_back_run
from importers.services.verifying import verify_run
from library.models import User
from tests.importers import mediaos, video_streaming, viewra
from tests.importers.many import all_rows
from tests.importers.moving import move_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(params=["video-streaming", "mediaos", "viewra"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    if request.param == "mediaos":
        tmp_path.joinpath("config").mkdir()
        return request.param, mediaos.build_dirty(tmp_path / "config")
    build = {"video-streaming": video_streaming.build_dirty, "viewra": viewra.build_dirty}[request.param]
    return request.param, build(tmp_path / "old.db")


def test_it_is_tried_compared_and_taken_back_without_a_trace(owner: User, source: tuple[str, Path]) -> None:
    before = all_rows()
    tried = move_in(*source, secret=mediaos.OLD_KEY, is_dry_run=True)
    assert all_rows() == before

    run = move_in(*source, secret=mediaos.OLD_KEY)

    assert run.report["tables"] == tried.report["tables"]
    assert verify_run(run=run, options=SourceOptions(secret=mediaos.OLD_KEY))["listed"] == []
    assert take_back_run(run=run)["kept_count"] == 0
    assert all_rows() == before
