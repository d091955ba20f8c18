"""InsightFace on onnxruntime: faces of a picture, and the vectors that describe them.

Build an engine in the process that uses it, never before a fork: a session made in a parent hangs in its children.
"""

import contextlib
import io
import os
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from insightface.app import FaceAnalysis
from numpy.typing import NDArray

from faces.ml.align import CROP_PX, TEMPLATE, to_template
from faces.ml.errors import ModelBrokenError
from faces.ml.pack import DIMENSIONS, ModelPack, roles_of
from faces.ml.quality import quality_score

# Detectors look at a square of this side; larger pictures are scaled down to it.
DETECTION_PX = 640
DETECTION_SCORE = 0.5
_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
# Batches differ in size; trying all ways of computing anew for each would cost more than the best way saves.
_CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC"}
# Faces described at once: more needs memory without being faster.
_BATCH = 64
# A face that was found is the one in a box that somebody drew when they overlap by this share of their union.
_SAME_BOX = 0.3
# Where face and crop are upright and as InsightFace crops them: the middle of the box, and half its longer side.
_TEMPLATE_MIDDLE, _TEMPLATE_HALF = np.array([56.0, 64.0], np.float32), 46.0


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face in a picture. `box` is (left, top, right, bottom) and `landmarks` (5, 2) x, y, both float32 in px of the
    picture; `crop` (112, 112, 3) uint8 RGB, upright; `score` the detector's and `quality` ours, 0 to 1."""

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    score: float
    quality: float
    crop: NDArray[np.uint8]

    @property
    def size_px(self) -> float:
        """The shorter side of the box."""
        return float(min(self.box[2] - self.box[0], self.box[3] - self.box[1]))


class FaceEngine:
    """A loaded pack. `device` is "cuda" or "cpu": what the sessions really run on, whatever was wished for; `fallback`
    says why it isn't the card that onnxruntime offers, empty where nothing went wrong."""

    def __init__(self, pack: ModelPack, analysis: Any, *, fallback: str = "") -> None:
        self.pack = pack
        self.fallback = fallback
        self._detector = analysis.models["detection"]
        self._recogniser = analysis.models["recognition"]
        sessions = (self._detector.session, self._recogniser.session)
        self.device = "cuda" if all(_CUDA in session.get_providers() for session in sessions) else "cpu"
        # Some recognisers were exported for exactly so many faces at a time.
        exported = self._recogniser.input_shape[0]
        self._is_fixed = isinstance(exported, int)
        self._batch = exported if isinstance(exported, int) else _BATCH

    @classmethod
    def load(cls, pack: ModelPack, *, wants_cuda: bool = True, threads: int | None = None) -> "FaceEngine":
        """Opens the pack's sessions and tries them: on the card where that works and `wants_cuda`, else on `threads`
        threads of the CPU (all that this process may use, if None). Raises ModelBrokenError."""
        roles_of(pack)
        # Over pictures this small OpenCV's threads mostly wait for each other.
        cv2.setNumThreads(1)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
        options.inter_op_num_threads = 1
        fallback = ""
        # What onnxruntime lists is what it was built for, not what there is: only a session that has run tells.
        if wants_cuda and _CUDA in onnxruntime.get_available_providers():
            try:
                engine = cls(pack, _open(pack, [(_CUDA, _CUDA_OPTIONS), _CPU], options))
                engine._try_out()
            except ModelBrokenError as error:
                fallback = str(error)
            else:
                if engine.device == "cuda":
                    return engine
                fallback = "Its sessions came up on the processor; driver, CUDA or cuDNN are missing or too old."
        engine = cls(pack, _open(pack, [_CPU], options), fallback=fallback)
        engine._try_out()
        return engine

    def _try_out(self) -> None:
        """Runs both models once. Raises ModelBrokenError."""
        try:
            self.detect(np.zeros((DETECTION_PX, DETECTION_PX, 3), np.uint8))
            [vector] = self._raw_vectors([np.zeros((CROP_PX, CROP_PX, 3), np.uint8)])
        except Exception as error:
            raise ModelBrokenError(f"The models in {self.pack.folder} don't run: {error}") from error
        if len(vector) != DIMENSIONS:
            raise ModelBrokenError(
                f"The recogniser in {self.pack.folder} puts out {len(vector)} numbers a face; Videothek works with "
                f"{DIMENSIONS}."
            )

    def detect(self, picture: NDArray[np.uint8], *, least_px: float = 0.0) -> list[FoundFace]:
        """The faces of an (h, w, 3) RGB picture, the largest first; those under `least_px` are left out."""
        if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < 8:
            return []
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        boxes, landmarks = self._detector.detect(bgr, max_num=0, metric="default")
        found = []
        for row, points in zip(boxes, landmarks if landmarks is not None else [], strict=False):
            face = _found(picture, row, points, least_px)
            if face is not None:
                found.append(face)
        return sorted(found, key=lambda face: -face.size_px)

    def face_in_box(self, picture: NDArray[np.uint8], box: Sequence[float]) -> FoundFace:
        """The face that somebody drew a box around (left, top, right, bottom in px). Where the detector sees one there,
        or does so when it looks at the surroundings alone, its landmarks count; else the face is taken for upright and
        as large as the box, with a score of 0 and half the quality."""
        wanted = np.asarray(box, np.float32)
        for offset, part in ((np.zeros(2, np.float32), picture), _surroundings(picture, wanted)):
            shifted = np.tile(offset, 2)
            faces = [(_overlap(face.box + shifted, wanted), face) for face in self.detect(part)]
            share, face = max(faces, key=lambda one: one[0], default=(0.0, None))
            if face is not None and share >= _SAME_BOX:
                return replace(face, box=face.box + shifted, landmarks=face.landmarks + offset)
        middle, half = (wanted[:2] + wanted[2:]) / 2, float(max(wanted[2:] - wanted[:2])) / 2
        landmarks = np.asarray(middle + (TEMPLATE - _TEMPLATE_MIDDLE) * (half / _TEMPLATE_HALF), np.float32)
        crop = align(picture, landmarks)
        guessed = quality_score(detection_score=1.0, size_px=2 * half, landmarks=landmarks, crop=crop) / 2
        return FoundFace(box=wanted, landmarks=landmarks, score=0.0, quality=guessed, crop=crop)

    def embed(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, 512) float32 of length 1, one for each aligned (112, 112, 3) RGB crop, in their order."""
        if not crops:
            return np.empty((0, DIMENSIONS), np.float32)
        vectors = self._raw_vectors(crops)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)

    def _raw_vectors(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        recogniser = self._recogniser
        mean = (recogniser.input_mean,) * 3
        parts = []
        for first in range(0, len(crops), self._batch):
            batch = list(crops[first : first + self._batch])
            filled = batch + batch[-1:] * (self._batch - len(batch)) if self._is_fixed else batch
            # As ArcFaceONNX.get_feat makes it of BGR pictures; ours are RGB as the model wants them.
            blob = cv2.dnn.blobFromImages(filled, 1.0 / recogniser.input_std, recogniser.input_size, mean)
            made = recogniser.session.run(recogniser.output_names, {recogniser.input_name: blob})[0]
            parts.append(np.asarray(made, np.float32).reshape(len(filled), -1)[: len(batch)])
        return np.concatenate(parts)


def _open(pack: ModelPack, providers: Sequence[Any], options: Any) -> Any:
    """The pack in InsightFace. Raises ModelBrokenError."""
    has_cuda = providers[0] != _CPU
    try:
        # It tells what it loads on stdout.
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), _only_needed(pack) as folder:
            warnings.simplefilter("ignore")
            analysis = FaceAnalysis(
                name=str(folder),
                allowed_modules=["detection", "recognition"],
                providers=list(providers),
                static_shape_sessions=False,
                sess_options=options,
            )
            analysis.prepare(
                ctx_id=0 if has_cuda else -1,
                det_thresh=DETECTION_SCORE,
                det_size=(DETECTION_PX, DETECTION_PX),
            )
    except Exception as error:
        raise ModelBrokenError(f"The models in {pack.folder} can't be loaded: {error}") from error
    return analysis


@contextlib.contextmanager
def _only_needed(pack: ModelPack) -> Iterator[Path]:
    """A folder with the two models alone: of all others in a pack, landmarks in 3D and the like, InsightFace would open
    sessions before it lets go of them. A pack with a manifest says itself which files count."""
    if len(pack.files) == 2 or (pack.folder / "manifest.json").exists():
        yield pack.folder
        return
    roles = roles_of(pack)
    with tempfile.TemporaryDirectory(prefix="videothek-faces-") as folder:
        for name in (roles.detector, roles.recogniser):
            (Path(folder) / name).symlink_to((pack.folder / name).resolve())
        yield Path(folder)


def _surroundings(
    picture: NDArray[np.uint8], box: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Where the part of the picture around a box begins (x, y), and that part: three times as wide and high."""
    height, width = picture.shape[:2]
    side = max(box[2] - box[0], box[3] - box[1])
    left, top = (int(max(0.0, value - side)) for value in box[:2])
    right, bottom = int(min(width, box[2] + side)), int(min(height, box[3] + side))
    return np.array([left, top], np.float32), picture[top:bottom, left:right]


def _overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Intersection over union."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    if sides.min() <= 0:
        return 0.0
    shared = float(sides.prod())
    return shared / float((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - shared)


def _found(
    picture: NDArray[np.uint8], row: NDArray[np.floating], points: NDArray[np.floating], least_px: float
) -> FoundFace | None:
    """None where the landmarks make no face, and of one that is too small."""
    height, width = picture.shape[:2]
    box = np.array(
        [max(0.0, row[0]), max(0.0, row[1]), min(float(width), row[2]), min(float(height), row[3])], np.float32
    )
    landmarks = np.asarray(points, np.float32)
    size = float(min(box[2] - box[0], box[3] - box[1]))
    if size <= 0 or size < least_px:
        return None
    try:
        crop = align(picture, landmarks)
    except ValueError:
        return None
    score = float(np.clip(row[4], 0, 1))
    return FoundFace(
        box=box,
        landmarks=landmarks,
        score=score,
        quality=quality_score(detection_score=score, size_px=size, landmarks=landmarks, crop=crop),
        crop=crop,
    )


def align(picture: NDArray[np.uint8], landmarks: NDArray[np.floating], size_px: int = CROP_PX) -> NDArray[np.uint8]:
    """The upright (size_px, size_px, 3) crop of a face; black where it reaches beyond the picture."""
    matrix = to_template(landmarks, size_px)
    return np.asarray(cv2.warpAffine(picture, matrix, (size_px, size_px), borderValue=0.0), np.uint8)
