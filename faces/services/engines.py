"""The loaded pack of this process. Imported by stages and commands only: it loads onnxruntime."""

import logging

from faces.exceptions import NoModelError
from faces.ml.engine import FaceEngine
from faces.ml.errors import FaceError
from faces.ml.pack import ModelPack
from faces.services.models import installed_pack

logger = logging.getLogger(__name__)
_loaded: dict[str, FaceEngine] = {}


def loaded_engine() -> FaceEngine:
    """The installed pack, loaded once in this process. Raises NoModelError."""
    pack = installed_pack()
    if pack.version not in _loaded:
        _loaded.clear()
        _loaded[pack.version] = _load(pack)
    return _loaded[pack.version]


def _load(pack: ModelPack) -> FaceEngine:
    try:
        engine = FaceEngine.load(pack)
    except FaceError as error:
        raise NoModelError(str(error)) from None
    if engine.fallback:
        logger.warning(
            "Faces are NOT found on the graphics card, which is many times faster: %s See “manage.py face_models”.",
            engine.fallback,
        )
    logger.info("Faces are found by %s on the %s.", pack, "graphics card" if engine.device == "cuda" else "processor")
    return engine
