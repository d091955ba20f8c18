"""Which pack of models is installed. Looks at files only; nothing is loaded, so the web process may ask."""

from pathlib import Path

from django.conf import settings
from django.db import transaction

from faces.exceptions import NoModelError
from faces.ml.errors import FaceError
from faces.ml.pack import ModelPack, find_pack
from faces.models import FaceModel, FaceSettings

_seen: dict[tuple[str, int], ModelPack] = {}


def installed_pack() -> ModelPack:
    """The pack in VIDEOTHEK_FACE_MODEL_DIR. Raises NoModelError with what helps. Looks again when the folder has
    changed."""
    folder = Path(settings.FACE_MODEL_DIR or "")
    try:
        state = (str(folder), folder.stat().st_mtime_ns if folder.is_dir() else 0)
        if state not in _seen:
            pack = find_pack(folder)
            _seen.clear()
            _seen[state] = pack
        return _seen[state]
    except (FaceError, OSError) as error:
        raise NoModelError(str(error)) from None


def has_pack() -> bool:
    """Whether there is one."""
    try:
        installed_pack()
    except NoModelError:
        return False
    return True


def is_looking() -> bool:
    """Whether faces are looked for: wished for, and possible. One query."""
    return has_pack() and FaceSettings.load().is_enabled


def current_model() -> FaceModel | None:
    """The model whose vectors count now; None before the first face."""
    return FaceModel.objects.filter(is_current=True).first()


def use_model(pack: ModelPack) -> FaceModel:
    """The row of a pack, made the current one. Vectors of other models then wait to be made anew."""
    with transaction.atomic():
        model, _ = FaceModel.objects.get_or_create(name=pack.name[:100], version=pack.version)
        if not model.is_current:
            FaceModel.objects.filter(is_current=True).update(is_current=False)
            FaceModel.objects.filter(pk=model.pk).update(is_current=True)
            model.is_current = True
    return model
