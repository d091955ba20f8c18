"""InsightFace on onnxruntime: faces of a picture, and the vectors that describe them.

Build an engine in the process that uses it, never before a fork: a session made in a parent hangs in its children.
"""

import contextlib
import io
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import onnxruntime
from insightface.app import FaceAnalysis
from numpy.typing import NDArray

from faces.ml.align import CROP_PX, to_template
from faces.ml.errors import ModelBrokenError
from faces.ml.pack import DIMENSIONS, ModelPack
from faces.ml.quality import quality_score

# Detectors look at a square of this side; larger pictures are scaled down to it.
DETECTION_PX = 640
DETECTION_SCORE = 0.5
_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
# Faces described at once: more needs memory without being faster.
_BATCH = 64


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
    """A loaded pack. `device` is "cuda" or "cpu": what the sessions really run on, whatever was wished for."""

    def __init__(self, pack: ModelPack, analysis: Any) -> None:
        self.pack = pack
        self._detector = analysis.models["detection"]
        self._recogniser = analysis.models["recognition"]
        sessions = (self._detector.session, self._recogniser.session)
        self.device = "cuda" if all(_CUDA in session.get_providers() for session in sessions) else "cpu"
        # Some recognisers were exported for exactly one face at a time.
        self._batch = (
            _BATCH if not isinstance(self._recogniser.input_shape[0], int) else self._recogniser.input_shape[0]
        )

    @classmethod
    def load(cls, pack: ModelPack, *, wants_cuda: bool = True, threads: int | None = None) -> "FaceEngine":
        """Opens the pack's sessions: on the card where onnxruntime can and `wants_cuda`, else on `threads` threads of
        the CPU (all that this process may use, if None). Raises ModelBrokenError."""
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
        options.inter_op_num_threads = 1
        has_cuda = wants_cuda and _CUDA in onnxruntime.get_available_providers()
        try:
            # It tells what it loads on stdout.
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                analysis = FaceAnalysis(
                    name=str(pack.folder),
                    allowed_modules=["detection", "recognition"],
                    providers=[_CUDA, _CPU] if has_cuda else [_CPU],
                    static_shape_sessions=False,
                    sess_options=options,
                )
                analysis.prepare(
                    ctx_id=0 if has_cuda else -1,
                    det_thresh=DETECTION_SCORE,
                    det_size=(DETECTION_PX, DETECTION_PX),
                )
        except AssertionError:
            raise ModelBrokenError(f"None of the files in {pack.folder} detects faces.") from None
        except Exception as error:
            raise ModelBrokenError(f"The models in {pack.folder} can't be loaded: {error}") from error
        if "recognition" not in analysis.models:
            raise ModelBrokenError(f"None of the files in {pack.folder} describes faces.")
        size = analysis.models["recognition"].output_shape[-1]
        if isinstance(size, int) and size != DIMENSIONS:
            raise ModelBrokenError(
                f"The recogniser in {pack.folder} puts out {size} numbers a face; Videothek works with {DIMENSIONS}."
            )
        return cls(pack, analysis)

    def detect(self, picture: NDArray[np.uint8], *, least_px: float = 0.0) -> list[FoundFace]:
        """The faces of an (h, w, 3) RGB picture, the largest first; those under `least_px` are left out."""
        if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < 8:
            return []
        bgr = np.ascontiguousarray(picture[:, :, ::-1])
        boxes, landmarks = self._detector.detect(bgr, max_num=0, metric="default")
        found = []
        for row, points in zip(boxes, landmarks if landmarks is not None else [], strict=False):
            face = _found(picture, row, points)
            if face is not None and face.size_px >= least_px:
                found.append(face)
        return sorted(found, key=lambda face: -face.size_px)

    def embed(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, 512) float32 of length 1, one for each aligned (112, 112, 3) RGB crop, in their order."""
        if not crops:
            return np.empty((0, DIMENSIONS), np.float32)
        parts = []
        for first in range(0, len(crops), self._batch):
            batch = [np.ascontiguousarray(crop[:, :, ::-1]) for crop in crops[first : first + self._batch]]
            parts.append(np.asarray(self._recogniser.get_feat(batch), np.float32).reshape(len(batch), -1))
        vectors = np.concatenate(parts)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _found(picture: NDArray[np.uint8], row: NDArray[np.floating], points: NDArray[np.floating]) -> FoundFace | None:
    """None where the landmarks make no face."""
    height, width = picture.shape[:2]
    box = np.array(
        [max(0.0, row[0]), max(0.0, row[1]), min(float(width), row[2]), min(float(height), row[3])], np.float32
    )
    landmarks = np.asarray(points, np.float32)
    if box[2] <= box[0] or box[3] <= box[1]:
        return None
    try:
        crop = align(picture, landmarks)
    except ValueError:
        return None
    size = float(min(box[2] - box[0], box[3] - box[1]))
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
