"""Bringing a face upright into the square that recognisers were trained on."""

import numpy as np
from numpy.typing import NDArray

CROP_PX = 112
# Where eyes, nose and corners of the mouth lie in a crop of 112 px: ArcFace's template (Deng et al. 2019), as
# insightface.utils.face_align has it.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The rotation, scale and shift that bring `source` closest to `target`, both (n, 2): a (2, 3) matrix.

    Least squares over shapes that may be turned and scaled but not mirrored: as complex numbers z, the best a and b of
    a*z + b (Umeyama 1991 in two dimensions). Raises ValueError when all points are one.
    """
    z = source[:, 0].astype(np.float64) + 1j * source[:, 1].astype(np.float64)
    w = target[:, 0].astype(np.float64) + 1j * target[:, 1].astype(np.float64)
    middle, aim = z.mean(), w.mean()
    spread = float(np.sum(np.abs(z - middle) ** 2))
    if spread < 1e-9:
        raise ValueError("The points of the face lie on one spot.")
    turn = np.sum(np.conj(z - middle) * (w - aim)) / spread
    shift = aim - turn * middle
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def to_template(landmarks: NDArray[np.floating], size_px: int = CROP_PX) -> NDArray[np.float64]:
    """The (2, 3) matrix from a picture to the aligned crop; `landmarks` (5, 2) are x, y in px."""
    return similarity(landmarks, TEMPLATE * (size_px / CROP_PX))
