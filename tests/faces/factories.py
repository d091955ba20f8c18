"""Rows and films for tests of faces. Every argument is keyword-only."""

import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from faces.models import FaceModel, FaceReference, FaceTrack
from faces.models.reference import ReferenceSource
from library.models import Video
from people.models import Creator
from tests.faces.drawing import DrawnFace, scene
from tests.library.factories import make_video
from tests.media_factory import ffmpeg


def make_face_film(
    path: Path, *, cast: Callable[[float], Iterable[DrawnFace]], seconds: int = 12, rate: int = 4, seed: int = 1
) -> Path:
    """A film of 640 x 360 in which `cast(seconds)` says who is to be seen where; a keyframe each second."""
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "640x360", "-r", str(rate), "-i", "-"]
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", "-g", str(rate)]
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [ffmpeg(), "-v", "error", "-nostdin", "-y", *source, *encoder, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for number in range(seconds * rate):
            picture = scene(seed, faces=cast(number / rate))
            process.stdin.write(np.asarray(picture).tobytes())
        process.stdin.close()
    assert process.returncode == 0
    return path


def make_model(**columns: Any) -> FaceModel:
    """The current model."""
    model, _ = FaceModel.objects.get_or_create(name="drawn", version="1", defaults={"is_current": True, **columns})
    return model


def make_creator(*, name: str) -> Creator:
    return Creator.objects.create(name=name)


def make_reference(*, creator: Creator, vector: np.ndarray, **columns: Any) -> FaceReference:
    values = {"model": make_model(), "source": ReferenceSource.MANUAL, "quality": 0.9}
    return FaceReference.objects.create(creator=creator, embedding=vector.tolist(), **values | columns)


def make_track(
    *, vector: np.ndarray, video: Video | None = None, span: Sequence[float] = (0.0, 10.0), **columns: Any
) -> FaceTrack:
    """A track that nobody has named, in a video of its own unless one is given."""
    values = {"model": columns.get("model") or make_model(), "quality": 0.8, "detection_count": 3}
    return FaceTrack.objects.create(
        video=video or make_video(),
        embedding=vector.tolist(),
        start_seconds=span[0],
        end_seconds=span[1],
        **values | columns,
    )
