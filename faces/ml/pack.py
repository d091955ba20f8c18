"""A folder of ONNX files that detect faces and describe them, as InsightFace's packs are: looked at without loading."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faces.ml.errors import ModelBrokenError, ModelMissingError
from faces.ml.onnx_header import read_header

# Length of the vector that describes a face: what the recognisers of InsightFace's packs (ArcFace) put out.
DIMENSIONS = 512
# Beside several packs: the name of the one that is used.
CHOICE = "current"
_MANIFEST = "manifest.json"
_HEAD_BYTES = 1 << 16
_LICENCES = ("LICENCE*", "LICENSE*", "*.LICENSE", "*.LICENCE")
_LONGEST_LICENCE = 400
# InsightFace's own rules: a detector puts out scores and boxes of three strides at least, a recogniser takes a square.
_DETECTOR_OUTPUTS = 5
_LEAST_RECOGNISER_PX = 112


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


@dataclass(frozen=True, slots=True)
class Roles:
    """Which file of a pack does what, and how many numbers describe a face (None: the file doesn't say)."""

    detector: str
    recogniser: str
    dimensions: int | None


def find_pack(folder: Path) -> ModelPack:
    """The pack in a folder, or in its subfolder (as archives unpack): the only one that has one, or the one that was
    chosen by `choose_pack`. Reads a few KiB of each file.

    Raises ModelMissingError when nothing of the kind lies there, ModelBrokenError on a manifest that can't be read.
    """
    if not folder.is_dir():
        raise ModelMissingError(f"There is no folder {folder}. {_remedy()}")
    places = _places(folder)
    if not places:
        raise ModelMissingError(f"There are no .onnx files in {folder}. {_remedy()}")
    chosen = _choice(folder)
    if chosen:
        place = next((path for path in places if path.name == chosen), None)
        if place is None:
            raise ModelMissingError(
                f"{folder} has no pack {chosen!r}, which was chosen. Choose another: “manage.py face_models use NAME”."
            )
        return _describe(place)
    if places[0] != folder and len(places) > 1:
        names = ", ".join(path.name for path in places)
        raise ModelMissingError(
            f"{folder} holds several packs ({names}). Choose one: “manage.py face_models use NAME”."
        )
    return _describe(places[0])


def packs_in(folder: Path) -> list[ModelPack]:
    """All packs in a folder and its subfolders that are whole, by name."""
    found = []
    for place in _places(folder) if folder.is_dir() else []:
        try:
            found.append(_describe(place))
        except (ModelMissingError, ModelBrokenError):
            continue
    return found


def choose_pack(folder: Path, name: str) -> ModelPack:
    """The pack in the subfolder of that name is the one that is used from now on. Raises ModelMissingError."""
    place = next((path for path in _places(folder) if path.name == name), None) if folder.is_dir() else None
    if place is None:
        names = ", ".join(path.name for path in _places(folder)) if folder.is_dir() else ""
        rest = f"There are: {names}." if names else _remedy()
        raise ModelMissingError(f"{folder} holds no pack {name!r}. {rest}")
    pack = _describe(place)
    new = folder / f".{CHOICE}-{os.getpid()}"
    new.write_text(place.name + "\n", "utf-8")
    new.replace(folder / CHOICE)
    return pack


def roles_of(pack: ModelPack) -> Roles:
    """Which file does what, as InsightFace tells it: by the manifest, else by what each takes and puts out, the first
    by name counting. Reads headers only. Raises ModelBrokenError where something is missing or of another size."""
    tasks = _manifest(pack.folder).get("tasks") if _manifest(pack.folder).get("manifest_version") == 2 else None
    detector = recogniser = ""
    dimensions: int | None = None
    if isinstance(tasks, dict):
        detector, recogniser = (str((tasks.get(task) or {}).get("file", "")) for task in ("detection", "recognition"))
        if recogniser:
            dimensions = _length(read_header(pack.folder / recogniser).outputs[0])
    for name in pack.files if tasks is None else ():
        header = read_header(pack.folder / name)
        picture = header.inputs[0]
        if len(header.outputs) >= _DETECTOR_OUTPUTS:
            detector = detector or name
        elif not recogniser and _is_face_square(picture) and len(header.outputs) == 1:
            recogniser, dimensions = name, _length(header.outputs[0])
    if not detector:
        raise ModelBrokenError(f"None of the files in {pack.folder} detects faces. {_remedy()}")
    if not recogniser:
        raise ModelBrokenError(f"None of the files in {pack.folder} describes faces. {_remedy()}")
    if dimensions not in (None, DIMENSIONS):
        raise ModelBrokenError(
            f"{recogniser} in {pack.folder} puts out {dimensions} numbers a face; Videothek works with {DIMENSIONS}, "
            "as all of InsightFace's packs do. Take another recogniser."
        )
    return Roles(detector, recogniser, dimensions)


def licence_of(pack: ModelPack) -> str:
    """The beginning of the licence that lies beside the models; empty where there is none."""
    named = str(_manifest(pack.folder).get("license") or "")
    paths = [pack.folder / named] if named else []
    paths += [path for pattern in _LICENCES for path in sorted(pack.folder.glob(pattern))]
    for path in paths:
        if path.is_file():
            text = path.read_text("utf-8", errors="replace")
            return " ".join(text.split())[:_LONGEST_LICENCE]
    return named


def _is_face_square(shape: tuple[int | None, ...]) -> bool:
    if len(shape) != 4 or shape[2] is None or shape[2] != shape[3]:
        return False
    # 192 px are landmarks, 96 px age and sex.
    return shape[2] >= _LEAST_RECOGNISER_PX and shape[2] % 16 == 0 and shape[2] != 192


def _length(shape: tuple[int | None, ...]) -> int | None:
    return shape[-1] if shape else None


def _places(folder: Path) -> list[Path]:
    """The folder and its subfolders that have models; what is being fetched has a name that begins with a dot."""
    below = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [path for path in (folder, *below) if any(path.glob("*.onnx"))]


def _choice(folder: Path) -> str:
    try:
        return (folder / CHOICE).read_text("utf-8").strip()
    except OSError:
        return ""


def _remedy() -> str:
    return (
        "Put a detector and a recogniser there, such as InsightFace's buffalo_l, or run “manage.py face_models fetch”; "
        "VIDEOTHEK_FACE_MODEL_DIR names the folder."
    )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / _MANIFEST
    if not path.exists():
        return {}
    try:
        facts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelBrokenError(f"{path} can't be read: {error}.") from None
    if not isinstance(facts, dict):
        raise ModelBrokenError(f"{path} can't be read: it holds no object.")
    return facts


def _describe(folder: Path) -> ModelPack:
    files = sorted(folder.glob("*.onnx"))
    if len(files) < 2:
        raise ModelMissingError(
            f"{folder} holds only {files[0].name}; a detector and a recogniser are needed. {_remedy()}"
        )
    name = str(_manifest(folder).get("model_id") or folder.name)
    digest = hashlib.sha256()
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as stream:
            digest.update(stream.read(_HEAD_BYTES))
            stream.seek(max(0, size - _HEAD_BYTES))
            digest.update(stream.read(_HEAD_BYTES))
    return ModelPack(folder, name, digest.hexdigest()[:16], tuple(path.name for path in files))
