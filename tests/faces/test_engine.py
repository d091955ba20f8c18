"""The real loading, detecting, aligning and describing, on a drawn pack."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from insightface.utils import face_align
from PIL import Image, ImageFilter

from faces.ml.align import to_template
from faces.ml.engine import FaceEngine, FoundFace, align
from faces.ml.errors import ModelBrokenError, ModelMissingError
from faces.ml.pack import DIMENSIONS, find_pack
from faces.ml.quality import pose_score
from tests.faces.drawing import DrawnFace, scene
from tests.faces.tiny_pack import LANDMARKS, make_pack

CROWD = (
    DrawnFace("ana", 150, 130, 60),
    DrawnFace("ben", 330, 190, 45),
    DrawnFace("cleo", 520, 150, 80),
    DrawnFace("ana", 250, 300, 26),
)


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture)


def found_as(
    engine: FaceEngine, picture: Image.Image, faces: tuple[DrawnFace, ...] = CROWD
) -> dict[DrawnFace, FoundFace]:
    """What was found, by the drawn face that it is nearest to."""
    return {
        min(faces, key=lambda face: np.hypot(*(found.box.reshape(2, 2).mean(0) - (face.x, face.y)))): found
        for found in engine.detect(pixels(picture))
    }


def test_every_face_is_found_where_it_was_drawn(engine: FaceEngine) -> None:
    found = found_as(engine, scene(1, faces=CROWD))

    assert set(found) == set(CROWD)
    for face, seen in found.items():
        middle = seen.box.reshape(2, 2).mean(axis=0)
        assert np.hypot(*(middle - (face.x, face.y))) < 3
        assert seen.size_px / 2 == pytest.approx(face.radius, abs=1.5)
        np.testing.assert_allclose(seen.landmarks, LANDMARKS * face.radius + (face.x, face.y), atol=3)


def test_nothing_is_found_where_nobody_is(engine: FaceEngine) -> None:
    assert engine.detect(pixels(scene(2))) == []
    assert engine.detect(np.zeros((4, 4, 3), np.uint8)) == []


def test_the_largest_face_comes_first_and_small_ones_can_be_left_out(engine: FaceEngine) -> None:
    faces = engine.detect(pixels(scene(1, faces=CROWD)), least_px=64)

    assert [round(face.size_px / 10) * 10 for face in faces] == [160, 120, 90]


def jpeg(picture: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=60)
    return Image.open(stream)


@pytest.mark.parametrize("harm", [jpeg, lambda picture: picture.filter(ImageFilter.GaussianBlur(1.5))])
def test_a_person_is_like_themselves_and_unlike_others(
    engine: FaceEngine, harm: Callable[[Image.Image], Image.Image]
) -> None:
    clean = found_as(engine, scene(1, faces=CROWD))
    harmed = found_as(engine, harm(scene(3, faces=CROWD)))

    before = engine.embed([clean[face].crop for face in CROWD])
    after = engine.embed([harmed[face].crop for face in CROWD])
    likeness = before @ after.T

    assert before.shape == (4, DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm(before, axis=1), 1, atol=1e-5)
    same = np.array([[one.who == other.who for other in CROWD] for one in CROWD])
    assert likeness[same].min() > 0.9
    assert likeness[~same].max() < 0.4


def test_faces_in_a_batch_are_described_as_single_ones(engine: FaceEngine) -> None:
    crops = [face.crop for face in engine.detect(pixels(scene(1, faces=CROWD)))] * 20

    together = engine.embed(crops)
    alone = np.concatenate([engine.embed([crop]) for crop in crops[:4]])

    np.testing.assert_allclose(together[:4], alone, atol=1e-5)
    assert len(together) == 80
    assert engine.embed([]).shape == (0, DIMENSIONS)


def test_our_alignment_is_insightfaces(engine: FaceEngine) -> None:
    picture = pixels(scene(1, faces=CROWD))
    tilted = (LANDMARKS * 55 + (300, 170)).astype(np.float32) @ np.array([[0.96, 0.2], [-0.2, 0.96]], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = face_align.norm_crop(picture, tilted, 112)

    np.testing.assert_allclose(align(picture, tilted).astype(int), theirs.astype(int), atol=2)


def test_points_on_one_spot_are_no_face() -> None:
    with pytest.raises(ValueError, match="one spot"):
        to_template(np.ones((5, 2), np.float32))


def test_a_sharp_large_face_is_worth_more(engine: FaceEngine) -> None:
    sharp = found_as(engine, scene(1, faces=CROWD))
    soft = found_as(engine, scene(1, faces=CROWD).filter(ImageFilter.GaussianBlur(2)))

    assert sharp[CROWD[2]].quality > sharp[CROWD[3]].quality
    assert sharp[CROWD[1]].quality > soft[CROWD[1]].quality


def test_a_face_that_looks_away_is_worth_less() -> None:
    straight = LANDMARKS.copy()
    away = LANDMARKS.copy()
    away[2, 0] += 0.25

    assert pose_score(straight) > 0.9
    assert pose_score(away) < 0.6
    assert pose_score(np.zeros((5, 2))) == 0


# ---- packs ----------------------------------------------------------------------------------------------------------
def test_a_pack_in_a_subfolder_is_found_and_a_manifest_names_it(tmp_path: Path) -> None:
    make_pack(tmp_path / "drawn", with_manifest=True)

    pack = find_pack(tmp_path)
    loaded = FaceEngine.load(pack, threads=1)

    assert pack.name == "drawn-20"
    assert len(loaded.detect(pixels(scene(1, faces=CROWD)))) == 4


def test_other_models_have_another_version(tmp_path: Path, pack_folder: Path) -> None:
    assert find_pack(make_pack(tmp_path / "drawn", seed=21)).version != find_pack(pack_folder).version


def test_without_models_the_remedy_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    for folder in (tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(ModelMissingError, match="VIDEOTHEK_FACE_MODEL_DIR"):
            find_pack(folder)


def test_one_file_alone_is_no_pack(pack_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "half.onnx").write_bytes((pack_folder / "drawn_det.onnx").read_bytes())

    with pytest.raises(ModelMissingError, match=r"only half\.onnx"):
        find_pack(tmp_path)


def test_two_packs_must_be_told_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_pack(tmp_path / name)

    with pytest.raises(ModelMissingError, match="one, two"):
        find_pack(tmp_path)


def test_files_that_are_no_models_are_said_so(tmp_path: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).write_bytes(b"no model")

    with pytest.raises(ModelBrokenError, match="a\\.onnx is no ONNX model"):
        FaceEngine.load(find_pack(tmp_path), threads=1)


def test_a_pack_without_a_detector_is_said_so(pack_folder: Path, tmp_path: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).write_bytes((pack_folder / "drawn_rec.onnx").read_bytes())

    with pytest.raises(ModelBrokenError, match="detects faces"):
        FaceEngine.load(find_pack(tmp_path), threads=1)


def test_a_recogniser_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelBrokenError, match="256 numbers"):
        FaceEngine.load(find_pack(make_pack(tmp_path, dimensions=256)), threads=1)
