"""Conversions as tests ask for and perform them."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from library.models import Folder, VideoFile
from library.services import record_facts
from processing.media.encode.presets import BUILT_IN
from processing.media.fingerprint import packet_fingerprint
from processing.media.probe import probe
from processing.models import Conversion, Job, Preset
from processing.services import claim
from processing.services.claim import claim_next
from processing.services.conversions import request_conversions
from processing.services.run import run_job
from processing.stages.probe import as_file_facts
from tests import media_factory as factory
from tests.library.factories import make_file, make_folder

FAST = "fast"


def fast_preset(**columns: Any) -> Preset:
    """A custom preset that costs little."""
    values = {"key": FAST, "name": "Fast", "codec": "h264", "qp": 30, "effort": "fast"}
    return Preset.objects.create(**{**values, **columns})


def make_presets() -> None:
    """The built-in presets, where a flush has taken them."""
    for one in BUILT_IN:
        Preset.objects.get_or_create(
            key=one.key, defaults={"name": one.name, "is_built_in": True, **asdict(one.settings)}
        )


def library_film(root: Path, name: str = "film.mp4", *, folder: Folder | None = None, **media: Any) -> VideoFile:
    """A real film in a folder of the library (the default one), read by a probe."""
    path = factory.make_video(root / name, **{"seconds": 0.6, "size": "160x90", "codec": "mpeg4", **media})
    folder = folder or Folder.objects.filter(path=str(root)).first() or make_folder(path=root, is_default=True)
    return known_film(path, folder)


def known_film(path: Path, folder: Folder) -> VideoFile:
    """The row of a film that lies in the folder, with its facts."""
    file = make_file(folder=folder, path=path)
    facts = probe(str(path))
    record_facts(
        file_id=file.pk,
        mtime_ns=file.mtime_ns,
        facts=as_file_facts(facts, packet_fingerprint(str(path), facts)),
    )
    file.refresh_from_db()
    return file


def ask(file: VideoFile, preset: Preset, **options: Any) -> Conversion:
    """A waiting conversion of the file's video."""
    assert file.video_id is not None
    requested = request_conversions(preset=preset, video_ids=[file.video_id], **options)
    return Conversion.objects.get(pk=requested.conversion_ids[0])


def run_next() -> Job:
    """What a worker of the queue does with the next job."""
    job = claim_next(queue="gpu", worker=claim.worker_name())
    assert job is not None
    run_job(job)
    job.refresh_from_db()
    return job


def copy_film(source: Path, target: Path) -> Path:
    """The same bytes elsewhere."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return target
