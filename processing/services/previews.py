"""Making the clip that the library shows under the pointer. Only workers import it: it loads a decoder."""

from collections.abc import Callable
from dataclasses import asdict

from django.db import transaction

from library.models import VideoFile
from processing.media.clip import ClipFacts, ClipOptions, centred_parts, make_clip
from processing.media.probe import probe
from processing.models import Preview, ProcessingSettings
from processing.services.derived import NewFiles, check_unchanged, folder_of
from processing.services.preview_keys import preview_key
from processing.services.scratch import scratch_folder


def make_preview(*, file: VideoFile, report: Callable[[int, int], None]) -> ClipFacts:
    """Decodes the parts, stores the clip and writes its row; the one it had goes after the commit.

    Raises NoPictureError when nothing moves in it, OSError when the disk is full, FileChangedError when the file was
    replaced meanwhile; after any error the clip it had is there as before and nothing new is left behind.
    """
    settings = ProcessingSettings.load()
    key = preview_key(file, settings)
    options = ClipOptions(longest_px=settings.preview_px, crf=settings.preview_crf)
    with NewFiles(folder_of("previews", file.pk, key)) as files:
        with scratch_folder() as folder:
            facts = probe(file.fs_path)
            parts = centred_parts(
                facts.duration_seconds or 0.0,
                count=settings.preview_segments,
                seconds=settings.preview_segment_seconds,
            )
            target = folder / "preview.mp4"
            made = make_clip(file.fs_path, target, facts=facts, parts=parts, options=options, progress=report)
            name = files.add(target.name, target)
        with transaction.atomic():
            check_unchanged(file)
            before = list(Preview.objects.filter(file=file).values_list("clip", flat=True))
            Preview.objects.update_or_create(file=file, defaults={"input_key": key, "clip": name, **asdict(made)})
            files.keep(instead_of=before)
    return made
