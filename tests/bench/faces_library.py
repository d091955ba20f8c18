"""A drawn library of videos and people whose truth is known, and what becomes of it when each cluster is named once."""

import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from django.conf import settings
from PIL import ImageFilter

from faces.models import FaceCluster, FaceDetection, FaceTrack
from faces.models.track import NAMED
from faces.services.clustering import cluster_faces
from faces.services.matching import match_tracks
from faces.services.naming import name_cluster
from faces.stage import run as look_for_faces
from library.models import VideoFile
from people.models import Creator, Credit
from processing.services.frames import make_pictures
from processing.stages.registry import StageContext
from tests.faces.drawing import DrawnFace, scene
from tests.library.factories import make_file, make_folder, make_user

PEOPLE = 60
_WIDTH, _HEIGHT, _RATE = 640, 360, 2
_LANES = (120, 320, 520)
# What a person looks like differs from video to video by so much of somebody else's colours.
_MOST_DRIFT = 0.2
_STRANGERS_IN = 0.15


@dataclass(frozen=True, slots=True)
class Appearance:
    """Somebody is drawn from when to when, in which lane; `drift` is how far they look like `other` in this video."""

    who: str
    lane: int
    start: float
    end: float
    radius: float
    drift: float
    other: str


@dataclass(frozen=True, slots=True)
class Film:
    """What a video shows, and how badly."""

    number: int
    seconds: int
    blur: float
    crf: int
    cast: tuple[Appearance, ...]

    def faces_at(self, seconds: float) -> list[DrawnFace]:
        return [
            DrawnFace(
                one.who,
                _LANES[one.lane] + 25 * np.sin(seconds + one.lane),
                180 + 15 * np.cos(0.7 * seconds + one.lane),
                one.radius,
                one.drift,
                one.other,
            )
            for one in self.cast
            if one.start <= seconds < one.end
        ]


def plan_films(count: int, *, seed: int = 6) -> list[Film]:
    """Films of 8 to 12 seconds with one to three people each, some of whom come back, and now and then a stranger."""
    dice = random.Random(seed)
    names = [f"person {number}" for number in range(PEOPLE)]
    films = []
    for number in range(count):
        seconds = dice.randint(8, 12)
        # Everybody is to be seen: the first rounds go through all of them.
        chosen = [names[number % PEOPLE], *dice.sample(names, dice.randint(0, 2))]
        chosen = list(dict.fromkeys(chosen))
        if dice.random() < _STRANGERS_IN and len(chosen) < len(_LANES):
            chosen.append(f"stranger {number}")
        lanes = dice.sample(range(len(_LANES)), len(chosen))
        cast = []
        for who, lane in zip(chosen, lanes, strict=True):
            radius, drift = dice.uniform(35, 75), dice.uniform(0, _MOST_DRIFT)
            other = f"{who} in film {number}"
            start = dice.uniform(0, seconds - 4)
            end = min(float(seconds), start + dice.uniform(3, 8))
            cast.append(Appearance(who, lane, start, end, radius, drift, other))
        films.append(Film(number, seconds, dice.choice([0, 0, 0, 1.0, 1.5]), dice.randint(23, 33), tuple(cast)))
    return films


def draw_film(film: Film, path: Path) -> None:
    """Encodes it with a keyframe each second; one that is there stays."""
    if path.exists():
        return
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{_WIDTH}x{_HEIGHT}", "-r", str(_RATE), "-i", "-"]
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(film.crf), "-pix_fmt", "yuv420p", "-g", str(_RATE)]
    part = path.with_suffix(".part.mp4")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *raw, *encoder, str(part)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for number in range(film.seconds * _RATE):
            picture = scene(film.number, width=_WIDTH, height=_HEIGHT, faces=film.faces_at(number / _RATE))
            if film.blur:
                picture = picture.filter(ImageFilter.GaussianBlur(film.blur))
            process.stdin.write(np.asarray(picture).tobytes())
        process.stdin.close()
    if process.returncode:
        raise RuntimeError(f"{path.name} could not be encoded.")
    part.replace(path)


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    tracks: int = 0
    mixed: int = 0
    clusters: int = 0
    actions: int = 0
    credits: int = 0
    right_credits: int = 0
    appearances: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)


def ingest(films: list[Film], folder: Path, pack: Path) -> dict[int, VideoFile]:
    """Draws what is missing and runs the real stages on each file; by the film's number."""
    settings.FACE_MODEL_DIR = pack
    row = make_folder(path=folder)
    files = {}
    for film in films:
        path = folder / f"film {film.number:04d}.mp4"
        draw_film(film, path)
        file = make_file(
            path=path,
            folder=row,
            duration_seconds=float(film.seconds),
            width=_WIDTH,
            height=_HEIGHT,
            video_codec="h264",
        )
        make_pictures(file=file, report=lambda done, total: None)
        look_for_faces(StageContext(file.pk, {}, None, lambda done, total: None))
        files[film.number] = file
    return files


def name_everybody(films: list[Film], files: dict[int, VideoFile]) -> Outcome:
    """Groups the unknown, names each cluster once as a person who looks at its faces would, compares the rest, and
    holds the result against the truth. A cluster of a stranger is left alone."""
    outcome = Outcome()
    truth = {files[film.number].video_id: film for film in films}
    who_is = {}
    for track in FaceTrack.objects.all():
        seen = [_drawn(truth[track.video_id], one) for one in track.detections.all()]
        who_is[track.pk] = max(set(seen), key=seen.count)
        outcome.mixed += len(set(seen)) > 1
    outcome.tracks = len(who_is)
    cluster_faces()
    user = make_user(role="admin")
    creators: dict[str, Creator] = {}
    for cluster in FaceCluster.objects.order_by("-video_count", "pk"):
        members = [who_is[pk] for pk in cluster.tracks.values_list("pk", flat=True)]
        if not members:
            continue
        outcome.clusters += 1
        name = max(set(members), key=members.count)
        if name.startswith("stranger"):
            continue
        if name not in creators:
            creators[name] = Creator.objects.create(name=name)
        name_cluster(cluster=cluster, creator=creators[name], user=user)
        outcome.actions += 1
    match_tracks()
    _judge(truth, outcome)
    return outcome


def _drawn(film: Film, detection: FaceDetection) -> str:
    """Whose face was drawn where this one was found."""
    x, y = (detection.left + detection.width / 2) * _WIDTH, (detection.top + detection.height / 2) * _HEIGHT
    # The picture shown at a time is the last one drawn before it.
    faces = film.faces_at(np.floor(detection.time_seconds * _RATE + 1e-6) / _RATE)
    if not faces:
        return "nobody"
    return min(faces, key=lambda face: float(np.hypot(face.x - x, face.y - y))).who


def _judge(truth: dict[int, Film], outcome: Outcome) -> None:
    for video_id, name in Credit.objects.values_list("video_id", "creator__name"):
        outcome.credits += 1
        outcome.right_credits += name in {one.who for one in truth[video_id].cast}
    spans: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for video_id, name, start, end in FaceTrack.objects.filter(status__in=NAMED).values_list(
        "video_id", "creator__name", "start_seconds", "end_seconds"
    ):
        spans.setdefault((video_id, name), []).append((start, end))
    for video_id, film in truth.items():
        for one in film.cast:
            if one.who.startswith("stranger"):
                continue
            outcome.appearances += 1
            shared = sum(
                max(0.0, min(end, one.end) - max(start, one.start)) for start, end in spans.get((video_id, one.who), [])
            )
            if shared >= (one.end - one.start) / 2:
                outcome.found += 1
            else:
                outcome.missed.append(f"{one.who} in film {film.number}")
