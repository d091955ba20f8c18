"""A folder of ONNX files that detect faces and describe them, as InsightFace's packs are: looked at without loading."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from faces.ml.errors import ModelBrokenError, ModelMissingError

# Length of the vector that describes a face: what the recognisers of InsightFace's packs (ArcFace) put out.
DIMENSIONS = 512
_MANIFEST = "manifest.json"
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class ModelPack:
    """A pack on disk. `name` is the manifest's model_id or the folder's name; `version` 16 hex digits that change with
    any of its files. Vectors of packs that differ in either can't be compared."""

    folder: Path
    name: str
    version: str
    files: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.version[:8]})"


def find_pack(folder: Path) -> ModelPack:
    """The pack in a folder, or in its only subfolder that has one (as archives unpack). Reads a few KiB of each file.

    Raises ModelMissingError when nothing of the kind lies there, ModelBrokenError on a manifest that can't be read.
    """
    if not folder.is_dir():
        raise ModelMissingError(f"There is no folder {folder}. {_remedy(folder)}")
    found = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    packs = [path for path in found if any(path.glob("*.onnx"))]
    if not packs:
        raise ModelMissingError(f"There are no .onnx files in {folder}. {_remedy(folder)}")
    if packs[0] != folder and len(packs) > 1:
        names = ", ".join(path.name for path in packs)
        raise ModelMissingError(f"{folder} holds several packs ({names}). Name one of them.")
    return _describe(packs[0])


def _remedy(folder: Path) -> str:
    return (
        "Put a detector and a recogniser there, such as InsightFace's buffalo_l, or run “manage.py face_models”; "
        "VIDEOTHEK_FACE_MODEL_DIR names the folder."
    )


def _describe(folder: Path) -> ModelPack:
    files = sorted(folder.glob("*.onnx"))
    if len(files) < 2:
        raise ModelMissingError(
            f"{folder} holds only {files[0].name}; a detector and a recogniser are needed. {_remedy(folder)}"
        )
    name = folder.name
    manifest = folder / _MANIFEST
    if manifest.exists():
        try:
            facts = json.loads(manifest.read_text("utf-8"))
            name = str(facts.get("model_id") or name)
        except (OSError, ValueError, AttributeError) as error:
            raise ModelBrokenError(f"{manifest} can't be read: {error}.") from None
    digest = hashlib.sha256()
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as stream:
            digest.update(stream.read(_HEAD_BYTES))
            stream.seek(max(0, size - _HEAD_BYTES))
            digest.update(stream.read(_HEAD_BYTES))
    return ModelPack(folder, name, digest.hexdigest()[:16], tuple(path.name for path in files))
