"""Packs of models that InsightFace publishes: which there are, under which licence, and fetching them. Loads models to
try them: for commands only."""

import hashlib
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from faces.exceptions import PackError
from faces.ml.engine import FaceEngine
from faces.ml.errors import FaceError
from faces.ml.pack import ModelPack, find_pack

RELEASE = "https://github.com/deepinsight/insightface/releases/download/v0.7"
LICENCE = (
    "InsightFace's pretrained models are available for non-commercial research purposes only. Any other use needs an "
    "agreement with InsightFace: https://github.com/deepinsight/insightface#license"
)
LICENCE_FILE = "LICENCE.txt"
Report = Callable[[int, int], None]
_MOST_BYTES = 1 << 30
_MOST_FILE_BYTES = 1 << 29
_CHUNK = 1 << 20
_PATIENCE_SECONDS = 30
_STAGING = ".fetching-"


@dataclass(frozen=True, slots=True)
class KnownPack:
    """An archive of InsightFace's release v0.7 (its `sha256` and size) and the two files of it that are kept; the
    others tell age, sex and landmarks, which nothing here asks for."""

    name: str
    sha256: str
    size_bytes: int
    detector: str
    recogniser: str
    about: str


KNOWN_PACKS = {
    pack.name: pack
    for pack in (
        KnownPack(
            "buffalo_l",
            "80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f",
            288_621_354,
            "det_10g.onnx",
            "w600k_r50.onnx",
            "the usual choice: precise, wants a graphics card or patience",
        ),
        KnownPack(
            "buffalo_m",
            "d98264bd8f2dc75cbc2ddce2a14e636e02bb857b3051c234b737bf3b614edca9",
            275_951_529,
            "det_2.5g.onnx",
            "w600k_r50.onnx",
            "as precise, finds faces faster and misses a few more",
        ),
        KnownPack(
            "buffalo_s",
            "d85a87f503f691807cd8bb97128bdf7a0660326cd9cd02657127fa978bab8b5e",
            127_607_557,
            "det_500m.onnx",
            "w600k_mbf.onnx",
            "for processors without a graphics card; less precise",
        ),
        KnownPack(
            "buffalo_sc",
            "57d31b56b6ffa911c8a73cfc1707c73cab76efe7f13b675a05223bf42de47c72",
            14_969_382,
            "det_500m.onnx",
            "w600k_mbf.onnx",
            "the same two models as buffalo_s, in a small archive",
        ),
        KnownPack(
            "antelopev2",
            "8e182f14fc6e80b3bfa375b33eb6cff7ee05d8ef7633e738d1c89021dcf0c5c5",
            360_662_982,
            "scrfd_10g_bnkps.onnx",
            "glintr100.onnx",
            "the largest recogniser: most precise on some, slowest",
        ),
    )
}


def known_pack(name: str) -> KnownPack:
    """Raises PackError with the names there are."""
    try:
        return KNOWN_PACKS[name]
    except KeyError:
        raise PackError(f"There is no pack {name!r} to fetch. There are: {', '.join(KNOWN_PACKS)}.") from None


def fetch_pack(*, name: str, folder: Path, source: str = "", report: Report = lambda done, total: None) -> ModelPack:
    """Downloads a pack, checks it and puts it into a subfolder of its name; `source` is another address of the same
    archive, or a file. `report` is told in bytes.

    All or nothing: until the models have run once, nothing is to be seen in the folder, and after any error nothing
    stays. Raises PackError. The licence must have been accepted before.
    """
    known = known_pack(name)
    place = folder / name
    if place.exists():
        raise PackError(f"{place} is there already. Remove it first to fetch it again.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # What a fetch left that was killed.
        for old in folder.glob(f"{_STAGING}*"):
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_STAGING, dir=folder) as staging:
            archive = _archive(known, Path(staging), source or f"{RELEASE}/{name}.zip", report)
            unpacked = Path(staging) / name
            _unpack(known, archive, unpacked)
            _try_out(unpacked)
            unpacked.replace(place)
    except OSError as error:
        raise PackError(f"{name} can't be kept in {folder}: {error.strerror or error}.") from error
    return find_pack(place)


def _archive(known: KnownPack, staging: Path, source: str, report: Report) -> Path:
    """The archive, with the checksum that it has to have."""
    if urlsplit(source).scheme in ("http", "https"):
        path = staging / "archive.zip"
        _download(source, path, report)
    else:
        path = Path(source)
        if not path.is_file():
            raise PackError(f"There is no file {source}.")
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != known.sha256:
        raise PackError(
            f"What came from {source} is not the archive {known.name} that InsightFace published: it was cut off, or "
            "is another one. Try again, or download it by hand and name the file with --from."
        )
    return path


def _download(source: str, path: Path, report: Report) -> None:
    try:
        with urllib.request.urlopen(source, timeout=_PATIENCE_SECONDS) as answer, path.open("wb") as target:
            total, done = int(answer.headers.get("Content-Length") or 0), 0
            while chunk := answer.read(_CHUNK):
                done += len(chunk)
                if max(done, total) > _MOST_BYTES:
                    raise PackError(f"{source} is larger than any pack is; that is no pack.")
                target.write(chunk)
                report(done, total)
    except urllib.error.HTTPError as error:
        raise PackError(f"{source} answered {error.code} {error.reason}.") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise PackError(
            f"{source} can't be reached: {reason}. Without a way there, download it elsewhere and name the file with "
            "--from."
        ) from error
    if total and done < total:
        raise PackError(f"{source} broke off after {done:,} of {total:,} bytes. Try again.")


def _unpack(known: KnownPack, archive: Path, folder: Path) -> None:
    """Only the two models, whatever else the archive holds and wherever in it they lie."""
    folder.mkdir()
    wanted = {known.detector, known.recogniser}
    try:
        with zipfile.ZipFile(archive) as opened:
            members = {Path(info.filename).name: info for info in opened.infolist() if not info.is_dir()}
            for name in sorted(wanted):
                info = members.get(name)
                if info is None or info.file_size > _MOST_FILE_BYTES:
                    raise PackError(f"The archive of {known.name} has no {name}.")
                with opened.open(info) as inner, (folder / name).open("wb") as target:
                    shutil.copyfileobj(inner, target, _CHUNK)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise PackError(f"The archive of {known.name} can't be unpacked: {error}.") from error
    (folder / LICENCE_FILE).write_text(f"{LICENCE}\n", "utf-8")


def _try_out(folder: Path) -> None:
    try:
        FaceEngine.load(find_pack(folder), wants_cuda=False)
    except FaceError as error:
        raise PackError(f"The models were fetched and can't be used: {error}") from None
