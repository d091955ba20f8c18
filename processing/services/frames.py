"""Making and storing the pictures of a file."""

import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction

from library.models import VideoFile
from library.services import record_signature
from processing.media.frames import FrameOptions, FrameProducts, make_frames
from processing.media.probe import probe
from processing.models import ProcessingSettings, Storyboard, Thumbnail
from processing.services.derived import check_unchanged, input_digest, remove_files
from processing.services.face_frames import store_face_frames, wanted_frames
from processing.services.scratch import scratch_folder
from processing.versions import FRAMES_VERSION


def frame_options(settings: ProcessingSettings) -> FrameOptions:
    """The owner's settings as the media package takes them."""
    return FrameOptions(
        tile_count=settings.storyboard_tiles,
        thumbnail_small_px=settings.thumbnail_small_px,
        thumbnail_large_px=settings.thumbnail_large_px,
        thumbnail_quality=settings.thumbnail_quality,
        sprite_quality=settings.sprite_quality,
    )


def input_key(file: VideoFile, options: FrameOptions) -> str:
    """Sixteen hexadecimal digits that change when the content, the options or the making changes."""
    return input_digest(FRAMES_VERSION, file, asdict(options))


def make_pictures(*, file: VideoFile, report: Callable[[int, int], None]) -> FrameProducts:
    """Decodes the file once, stores its pictures, writes their rows and its signature; older ones go after the commit.

    Raises NoPictureError when nothing moves in it, OSError when the disk is full, FileChangedError when the file was
    replaced meanwhile; after any error the pictures it had are there as before and nothing new is left behind.
    """
    options = frame_options(ProcessingSettings.load())
    key = input_key(file, options)
    # Each making has names of its own, so that undoing it can't touch pictures that rows name.
    prefix = f"frames/{file.pk // 1000:04d}/{file.pk}/{key}-{secrets.token_hex(3)}"
    names: dict[str, str] = {}
    try:
        with scratch_folder() as folder:
            products = make_frames(
                file.fs_path,
                facts=probe(file.fs_path),
                out_dir=folder,
                options=_with_faces(options, file, folder),
                progress=report,
            )
            _store(products, prefix, names)
            store_face_frames(file=file, key=key, frames=products.face_frames, scratch=folder)
        with transaction.atomic():
            check_unchanged(file)
            before = _names_of(file)
            _write_rows(file, key, products, names)
            record_signature(
                file_id=file.pk,
                mtime_ns=file.mtime_ns,
                version=FRAMES_VERSION,
                frame_times=products.frame_times,
                frame_hashes=products.frame_hashes,
                keyframe_times=products.keyframe_times,
                keyframe_hashes=products.keyframe_hashes,
            )
            transaction.on_commit(names.clear)
            transaction.on_commit(lambda: remove_files(before))
    except BaseException:
        # Emptied by the commit: what is left belongs to no row.
        remove_files(names.values())
        raise
    return products


def _with_faces(options: FrameOptions, file: VideoFile, folder: Path) -> FrameOptions:
    """The options with face frames where somebody looks for faces; they change nothing about the pictures."""
    count = wanted_frames(file)
    return replace(options, face_frames_dir=folder / "faces", face_frame_count=count) if count else options


def _store(products: FrameProducts, prefix: str, names: dict[str, str]) -> None:
    """Puts the files into the derived storage; `names` gets the name of each by its kind."""
    storage = storages["derived"]
    sources = {
        "small": (products.thumbnail_small, "small.webp"),
        "large": (products.thumbnail_large, "large.webp"),
        # The VTT file names the sprite as its neighbour.
        "sprite": (products.sprite, products.sprite.name),
        "vtt": (products.vtt, products.vtt.name),
    }
    for kind, (path, name) in sources.items():
        with path.open("rb") as source:
            names[kind] = storage.save(f"{prefix}/{name}", File(source))


def _names_of(file: VideoFile) -> set[str]:
    names: set[str] = set()
    for row in Thumbnail.objects.filter(file=file):
        names |= {row.small.name, row.large.name}
    for board in Storyboard.objects.filter(file=file):
        names |= {board.sprite.name, board.vtt.name}
    return names


def _write_rows(file: VideoFile, key: str, products: FrameProducts, names: dict[str, str]) -> None:
    Thumbnail.objects.update_or_create(
        file=file,
        defaults={
            "input_key": key,
            "small": names["small"],
            "small_width": products.thumbnail_small_size[0],
            "small_height": products.thumbnail_small_size[1],
            "large": names["large"],
            "large_width": products.thumbnail_large_size[0],
            "large_height": products.thumbnail_large_size[1],
            "time_seconds": products.thumbnail_seconds,
        },
    )
    Storyboard.objects.update_or_create(
        file=file,
        defaults={
            "input_key": key,
            "sprite": names["sprite"],
            "vtt": names["vtt"],
            "tile_width": products.tile_width,
            "tile_height": products.tile_height,
            "tile_count": products.tile_count,
            "columns": products.columns,
            "rows": products.rows,
            "interval_seconds": products.interval_seconds,
            "is_exact": products.is_exact,
        },
    )
