"""Which pack of models is installed. Looks at files only; nothing is loaded, so the web process may ask."""

from pathlib import Path

from django.conf import settings
from django.db import transaction

from faces.exceptions import NoModelError
from faces.ml.errors import FaceError
from faces.ml.pack import CHOICE, ModelPack, find_pack
from faces.models import FaceModel, FaceSettings
from processing.services.submit import submit_jobs

# The id by which stages that are about the whole library are asked for.
ANEW_STAGE, _EVERYTHING = "faces-anew", 1
_seen: dict[tuple[object, ...], ModelPack] = {}


def installed_pack() -> ModelPack:
    """The pack in VIDEOTHEK_FACE_MODEL_DIR. Raises NoModelError with what helps. Looks again when the folder has
    changed."""
    folder = Path(settings.FACE_MODEL_DIR or "")
    try:
        state = _state_of(folder)
        if state not in _seen:
            pack = find_pack(folder)
            _seen.clear()
            _seen[state] = pack
        return _seen[state]
    except (FaceError, OSError) as error:
        raise NoModelError(str(error)) from None


def _state_of(folder: Path) -> tuple[object, ...]:
    """What changes when another pack lies there or is chosen: names, sizes and times of files."""
    found = [*folder.glob("*.onnx"), *folder.glob("*/*.onnx"), *folder.glob("manifest.json"), *folder.glob(CHOICE)]
    files = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in found]
    return str(folder), *sorted(files)


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
    """The row of a pack, made the current one. Vectors of another one wait to be made anew, which is submitted."""
    with transaction.atomic():
        model, _ = FaceModel.objects.get_or_create(name=pack.name[:100], version=pack.version)
        if not model.is_current:
            before = FaceModel.objects.select_for_update().filter(is_current=True)
            is_change = before.exclude(pk=model.pk).exists()
            before.update(is_current=False)
            FaceModel.objects.filter(pk=model.pk).update(is_current=True, grouped_state="", matched_state="")
            model.is_current = True
            if is_change:
                submit_jobs(stage=ANEW_STAGE, target_ids=[_EVERYTHING], even_if_running=True)
    return model
