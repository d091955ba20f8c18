"""How much a picture of a face is worth: for choosing what to show, and whom to believe."""

import numpy as np
from numpy.typing import NDArray

# A face of this many px between its edges is as good as any for a recogniser that sees 112 px.
_FULL_SIZE_PX = 112.0
# Variance of the Laplacian of an aligned grey crop: about 15 in a blurred face, above 150 in a sharp one.
_SHARP = 60.0


def pose_score(landmarks: NDArray[np.floating]) -> float:
    """1 for a face that looks at us, towards 0 in profile or looking far up or down; `landmarks` (5, 2): eyes, nose,
    corners of the mouth. Turning the picture changes nothing.

    Yaw moves the nose sideways between the eyes, pitch up or down between eyes and mouth.
    """
    left, right, nose = landmarks[0], landmarks[1], landmarks[2]
    mouth = (landmarks[3] + landmarks[4]) / 2
    across = right - left
    width = float(np.linalg.norm(across))
    middle = (left + right) / 2
    down = mouth - middle
    height = float(np.linalg.norm(down))
    if width < 1e-6 or height < 1e-6:
        return 0.0
    yaw = abs(float(np.dot(nose - middle, across)) / width**2)
    pitch = abs(float(np.dot(nose - middle, down)) / height**2 - 0.49)
    # In profile the eyes come close to each other as well.
    narrow = min(1.0, width / height / 0.8)
    return float(np.clip(1 - 2 * yaw, 0, 1) * np.clip(1 - 2 * pitch, 0, 1) * narrow)


def sharpness_score(crop: NDArray[np.uint8]) -> float:
    """0 to 1 from the variance of the Laplacian (Pech-Pacheco 2000) of the middle of an aligned (112, 112, 3) crop."""
    grey = crop[16:-16, 16:-16].astype(np.float32).mean(axis=2)
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    variance = float(laplacian.var())
    return variance / (variance + _SHARP)


def quality_score(
    *, detection_score: float, size_px: float, landmarks: NDArray[np.floating], crop: NDArray[np.uint8]
) -> float:
    """0 to 1: the geometric mean of detection, size, pose and sharpness, so that one bad part spoils it.

    `size_px` is the shorter side of the face's box in the picture it was found in.
    """
    parts = (
        detection_score,
        min(1.0, size_px / _FULL_SIZE_PX),
        pose_score(landmarks),
        sharpness_score(crop),
    )
    product = float(np.prod([max(0.0, min(1.0, part)) for part in parts]))
    return float(product ** (1 / len(parts)))
