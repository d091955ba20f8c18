"""The storages are swept of exactly what has no owner."""

import io
import json
import os
import random
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from library.models import Video
from library.services import sweeping
from library.services.changes import change_batch
from library.services.sweeping import StoredKind, Sweep, register_stored, stored_kinds, sweep
from playback.models import Marker, MarkerPicture
from processing.models import Conversion, Job, JobStatus, Preview, ProcessingSettings, Storyboard, Thumbnail
from processing.services import cleanup
from processing.services.claim import claim_next
from processing.services.cleanup import clean_up, submit_cleanup
from processing.services.conversions.leftovers import part_name
from processing.services.run import run_job
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def _store(name: str, *, days_old: float = 30, size: int = 10) -> str:
    storage = storages["derived"]
    storage.save(name, ContentFile(b"x" * size))
    _age(Path(storage.path(name)), days_old)
    return name


def _age(path: Path, days: float) -> None:
    then = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _owned(chance: random.Random) -> set[str]:
    """A random row of each kind with its files; returns their names."""
    file = make_file()
    place, names = f"{file.pk // 1000:04d}/{file.pk}/{chance.randbytes(4).hex()}", []
    if chance.random() < 0.7:
        small, large = (_store(f"frames/{place}/{name}.webp") for name in ("small", "large"))
        Thumbnail.objects.create(
            file=file, input_key="k", small=small, large=large, small_width=1, small_height=1, large_width=1,
            large_height=1, time_seconds=0,
        )  # fmt: skip
        names += [small, large]
    if chance.random() < 0.7:
        sprite, vtt = _store(f"frames/{place}/board.webp"), _store(f"frames/{place}/board.vtt")
        Storyboard.objects.create(
            file=file, input_key="k", sprite=sprite, vtt=vtt, tile_width=1, tile_height=1, tile_count=1, columns=1,
            rows=1, interval_seconds=1,
        )  # fmt: skip
        names += [sprite, vtt]
    if chance.random() < 0.7:
        clip = _store(f"previews/{place}/preview.mp4")
        Preview.objects.create(file=file, input_key="k", clip=clip, width=1, height=1, seconds=1, size_bytes=1)
        names.append(clip)
    if chance.random() < 0.7:
        marker = Marker.objects.create(user=make_user(), video=file.video, start_seconds=1)
        image = _store(f"markers/{marker.pk // 1000:04d}/{marker.pk}/k/mark.webp")
        with_clip = chance.random() < 0.5
        clip = _store(f"markers/{marker.pk // 1000:04d}/{marker.pk}/k/mark.mp4") if with_clip else ""
        MarkerPicture.objects.create(
            marker=marker, input_key="k", image=image, clip=clip, width=1, height=1,
            clip_seconds=1 if with_clip else None,
        )  # fmt: skip
        names += filter(None, [image, clip])
    return set(names)


def _orphan(chance: random.Random, owned: list[str]) -> str:
    """A file of nobody: beside one that is owned, of a row that is gone, half written, or at an odd place."""
    token = chance.randbytes(4).hex()
    beside = f"{os.path.dirname(chance.choice(owned))}/{token}.webp"
    kind = chance.choice(["frames", "previews", "markers"])
    names = [beside, f"{kind}/0099/99{chance.randrange(999):03d}/{token}/a.webp", f"{beside}.{token}.part"]
    return _store(chance.choice([*names, f"{kind}/{token}.webp", f"{kind}/x/y/{token}.webp"]), size=7)


@pytest.mark.parametrize("seed", range(6))
def test_exactly_the_old_orphans_go(derived: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_BATCH", 7)
    chance = random.Random(seed)
    owned = set().union(*(_owned(chance) for _ in range(12)))
    orphans = {_orphan(chance, sorted(owned)) for _ in range(25)}
    young = {_store(f"frames/0001/1/k/{chance.randbytes(4).hex()}.webp", days_old=0.1) for _ in range(3)}
    foreign = _store("plugin/whatever.bin")

    dry = _derived(sweep(grace=DAY, dry_run=True))
    assert _files(derived) == owned | orphans | young | {foreign}
    swept = _derived(sweep(grace=DAY))

    assert _files(derived) == owned | young | {foreign}
    assert (dry.orphans, dry.orphan_bytes) == (swept.orphans, swept.orphan_bytes) == (len(orphans), 7 * len(orphans))
    assert "plugin" in swept.unknown_folders
    assert sum(kind.owned for kind in swept.kinds) == len(owned)
    assert sum(kind.young for kind in swept.kinds if kind.folder == "frames") == len(young)
    assert _derived(sweep(grace=DAY)).orphans == 0


def _derived(swept: Sweep) -> Sweep:
    """Without the uploads, which other tests leave too."""
    return Sweep([kind for kind in swept.kinds if not kind.label.startswith("Chosen")], swept.unknown_folders)


def test_the_number_of_queries_hangs_on_the_batches(derived: Path, django_assert_max_num_queries) -> None:
    chance = random.Random(1)
    for _ in range(10):
        _owned(chance)

    with django_assert_max_num_queries(8):
        sweep(grace=DAY, kinds=[kind for kind in stored_kinds() if kind.folder in ("frames", "previews", "markers")])


def test_a_storage_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path / "nothing")

    swept = sweep(grace=DAY, kinds=[StoredKind("Things", lambda: storage, "things", lambda names: set())])

    assert swept.orphans == 0


def test_a_folder_belongs_to_one_kind() -> None:
    with pytest.raises(ValueError, match="'frames'"):
        register_stored(next(kind for kind in stored_kinds() if kind.folder == "frames"))


def test_what_a_cut_off_conversion_left_goes_and_a_persons_files_stay(settings, tmp_path: Path) -> None:
    settings.VIDEOTHEK_HOME = tmp_path
    (tmp_path / "converted" / "holidays").mkdir(parents=True)
    running = Conversion.objects.create(status=JobStatus.RUNNING, preset_key="a", source_bytes=1)
    names = [part_name(running.pk), part_name(10**9), "film.mkv", "holidays/" + part_name(10**9 + 1)]
    for name in names:
        (tmp_path / "converted" / name).write_bytes(b"x")
        _age(tmp_path / "converted" / name, 30)

    swept = clean_up()

    left = [name for name in names if (tmp_path / "converted" / name).exists()]
    assert left == [part_name(running.pk), "film.mkv"]
    assert "holidays" not in swept.unknown_folders


def test_a_chosen_cover_survives_its_undo_and_its_redo(derived: Path) -> None:
    video = make_video()
    first, second = (_choose(video, color) for color in ("red", "blue"))
    for name in (first, second):
        _age(Path(Video.cover.field.storage.path(name)), 60)

    clean_up()

    storage = Video.cover.field.storage
    assert storage.exists(first)
    assert storage.exists(second)


def _choose(video: Video, color: str) -> str:
    stream = io.BytesIO()
    Image.new("RGB", (32, 18), color).save(stream, "PNG")
    with change_batch(summary="Chose a cover"):
        video.cover = ContentFile(stream.getvalue(), name="cover.png")
        video.save(update_fields=["cover"])
    return str(video.cover.name)


def test_the_settings_say_how_old_a_file_has_to_be(derived: Path) -> None:
    name = _store("frames/0001/1/k/a.webp", days_old=3)
    ProcessingSettings.objects.create(cleanup_grace_hours=96)
    clean_up()
    assert name in _files(derived)

    ProcessingSettings.objects.update(cleanup_grace_hours=48)
    clean_up()

    assert name not in _files(derived)


def test_the_command_tells_before_it_does(derived: Path) -> None:
    name = _store("previews/0001/1/k/a.mp4", size=2_000_000)

    out = StringIO()
    call_command("cleanup_storage", "--dry-run", stdout=out)
    assert "Preview clips: 0 belong to something, 1 would go (2.0\N{NO-BREAK SPACE}MB)." in out.getvalue()
    assert name in _files(derived)
    out = StringIO()
    call_command("cleanup_storage", "--json", stdout=out)

    told = json.loads(out.getvalue())
    kind = next(kind for kind in told["kinds"] if kind["folder"] == "previews")
    assert (told["dry_run"], kind["orphans"], kind["orphan_bytes"]) == (False, 1, 2_000_000)
    assert name not in _files(derived)


def test_the_stage_says_what_it_removed_and_waits_a_day(derived: Path) -> None:
    name = _store("frames/0001/1/k/a.webp", size=5)
    assert submit_cleanup() == 1
    assert submit_cleanup() == 0
    job = claim_next(queue="maintenance", worker="w:1")
    assert job is not None
    run_job(job)

    job.refresh_from_db()
    assert (job.status, job.label, name in _files(derived)) == (JobStatus.COMPLETED, "The whole library", False)
    assert job.result["removed"] >= 1
    assert submit_cleanup() == 0
    Job.objects.update(finished_at=timezone.now() - cleanup._AGAIN_AFTER - timedelta(minutes=1))
    assert submit_cleanup() == 1
