"""The three scenarios of going back in MediaOS's own plan, rehearsed with our commands' services.

See docs/moving-in/mediaos.md, "Going back".
"""

import json
from pathlib import Path
from typing import Any

import pytest

from importers.exceptions import SourceError
from importers.models import ImportRun, RunStatus
from importers.registry import SourceOptions
from importers.services.running import create_run, resume_run
from importers.services.taking_back import take_back_run
from importers.services.verifying import verify_run
from importers.systems.mediaos.source import MediaosSource
from library.models import Folder, Tag, User, Video, VideoFile, VideoMetadata
from processing.models import IntegrityFinding
from tests.importers import mediaos
from tests.importers.moving import move_in, totals
from tests.library.factories import make_video

pytestmark = pytest.mark.django_db

OPTIONS = SourceOptions(secret=mediaos.OLD_KEY)
TABLES = (Folder, Video, VideoFile, VideoMetadata, Tag, IntegrityFinding)


def library() -> dict[str, Any]:
    """Every row that an import of MediaOS may touch, as it is."""
    rows: dict[str, Any] = {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}
    users = User.objects.order_by("pk").values("username", "email", "password", "is_active", "is_superuser")
    return {**rows, "User": list(users)}


def files_of(config: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(config.iterdir())}


def test_scenario_1_an_import_that_fails_is_taken_back_and_the_files_are_as_they_were(
    tmp_path: Path, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_video(title="Ours")
    config = mediaos.build_clean(tmp_path / "config")
    before, files = library(), files_of(config)
    run = create_run(system="mediaos", location=str(config), options=OPTIONS)
    rows = MediaosSource.rows

    def torn_away(source: MediaosSource, table: str, after: str | None = None) -> Any:
        if table == "verify_results":
            raise SourceError("The disk has gone.")
        return rows(source, table, after)

    monkeypatch.setattr(MediaosSource, "rows", torn_away)
    with pytest.raises(SourceError):
        resume_run(run=run, options=OPTIONS)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED and Video.objects.count() > 1

    take_back_run(run=run)

    assert library() == before
    assert files_of(config) == files


def test_scenario_2_after_going_back_the_mended_files_are_moved_in_again(tmp_path: Path, owner: User) -> None:
    config = mediaos.build_clean(tmp_path / "config")
    whole = (config / "library.json").read_text()
    (config / "library.json").write_text(whole[: len(whole) // 2])
    before = library()
    first = move_in("mediaos", config, secret=mediaos.OLD_KEY)
    assert first.report["tables"]["library_items"]["reasons"]["cut_off"] == 1

    take_back_run(run=first)
    assert library() == before
    (config / "library.json").write_text(whole)
    second = move_in("mediaos", config, secret=mediaos.OLD_KEY)

    assert verify_run(run=second, options=OPTIONS)["verified"]
    assert Video.objects.filter(title__startswith="Harbour Lights").exists()


def test_scenario_2_what_somebody_did_meanwhile_stays_and_is_listed(tmp_path: Path, owner: User) -> None:
    run = move_in("mediaos", mediaos.build_clean(tmp_path / "config"), secret=mediaos.OLD_KEY)
    Video.objects.filter(title="The Lighthouse Keeper").update(title="My own words")

    report = take_back_run(run=run)

    assert Video.objects.filter(title="My own words").exists()
    assert {(row["key"], row["why"]) for row in report["kept"]} >= {("lq1film", "edited")}


def test_scenario_3_the_old_system_goes_on_and_what_changes_there_comes_after(tmp_path: Path, owner: User) -> None:
    config = mediaos.build_clean(tmp_path / "config")
    move_in("mediaos", config, secret=mediaos.OLD_KEY)
    items = mediaos.library()
    items[2] |= {"filePath": f"{mediaos.MEDIA}/movies/Never Bought.mkv"}
    (config / "library.json").write_text(json.dumps({"items": items}))

    run = move_in("mediaos", config, secret=mediaos.OLD_KEY)

    assert Video.objects.filter(title="Never Bought").exists()
    assert totals(run)["created"] == 1
    assert verify_run(run=run, options=OPTIONS)["verified"]


def test_a_planted_difference_is_found_by_comparing_with_the_files(tmp_path: Path, owner: User) -> None:
    run = move_in("mediaos", mediaos.build_clean(tmp_path / "config"), secret=mediaos.OLD_KEY)
    VideoMetadata.objects.filter(key="quality", value="1080p").update(value="720p")

    result = verify_run(run=run, options=OPTIONS)

    assert not result["verified"]
    assert not ImportRun.objects.get(pk=run.pk).is_verified
