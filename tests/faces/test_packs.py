"""Packs of models: told from their headers, chosen, fetched, checked, and on which device they run."""

import hashlib
import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from django.core.management import CommandError, call_command

from faces.checks import face_models
from faces.ml.engine import FaceEngine
from faces.ml.errors import ModelBrokenError, ModelMissingError
from faces.ml.onnx_header import read_header
from faces.ml.pack import choose_pack, find_pack, licence_of, roles_of
from faces.services import fetching
from tests.faces.drawing import DrawnFace, scene
from tests.faces.test_engine import pixels
from tests.faces.tiny_pack import make_pack


def test_a_header_says_what_the_runtime_says_and_a_cut_file_is_noticed(pack_folder: Path, tmp_path: Path) -> None:
    for name in ("drawn_det.onnx", "drawn_rec.onnx"):
        session = onnxruntime.InferenceSession(pack_folder / name, providers=["CPUExecutionProvider"])
        header = read_header(pack_folder / name)

        for shapes, nodes in ((header.inputs, session.get_inputs()), (header.outputs, session.get_outputs())):
            assert [list(shape) for shape in shapes] == [
                [side if isinstance(side, int) else None for side in node.shape] for node in nodes
            ]
    cut = tmp_path / "cut.onnx"
    cut.write_bytes((pack_folder / "drawn_rec.onnx").read_bytes()[:-500])
    with pytest.raises(ModelBrokenError, match="cut off"):
        read_header(cut)


def test_files_that_nobody_asked_for_are_left_alone(tmp_path: Path, pack_folder: Path) -> None:
    make_pack(tmp_path)
    # As large packs have them: another recogniser, which comes later by name.
    (tmp_path / "zz.onnx").write_bytes((pack_folder / "drawn_rec.onnx").read_bytes())

    pack = find_pack(tmp_path)
    engine = FaceEngine.load(pack, threads=1)

    assert roles_of(pack).recogniser == "drawn_rec.onnx"
    assert len(engine.detect(pixels(scene(1, faces=[DrawnFace("ana", 300, 180, 60)])))) == 1


def test_one_of_several_packs_is_chosen(tmp_path: Path) -> None:
    for name, seed in (("one", 20), ("two", 21)):
        make_pack(tmp_path / name, seed=seed)

    choose_pack(tmp_path, "two")

    assert find_pack(tmp_path).name == "two"
    with pytest.raises(ModelMissingError, match="There are: one, two"):
        choose_pack(tmp_path, "three")


@pytest.mark.slow
def test_a_card_that_is_offered_and_does_not_work_is_told(pack_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )

    engine = FaceEngine.load(find_pack(pack_folder), threads=1)

    assert engine.device == "cpu"
    assert "driver" in engine.fallback
    assert FaceEngine.load(find_pack(pack_folder), wants_cuda=False, threads=1).fallback == ""


def test_a_drawn_box_finds_the_face_in_it_or_takes_it_as_it_is(engine: FaceEngine) -> None:
    picture = pixels(scene(1, faces=[DrawnFace("ana", 200, 150, 60), DrawnFace("ben", 470, 170, 60)]))

    seen = engine.face_in_box(picture, (400, 100, 540, 240))
    guessed = engine.face_in_box(picture, (20, 230, 100, 330))

    np.testing.assert_allclose(seen.box.reshape(2, 2).mean(0), (470, 170), atol=3)
    assert seen.score > 0.5
    assert (guessed.score, guessed.crop.shape) == (0, (112, 112, 3))


# ---- checks ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dimensions", "hint"), [(512, ""), (256, "256 numbers")], ids=["a good pack", "vectors of another length"]
)
def test_a_pack_that_can_not_be_used_is_a_warning_with_the_remedy(
    dimensions: int, hint: str, tmp_path: Path, settings: Any
) -> None:
    settings.FACE_MODEL_DIR = make_pack(tmp_path / "models", dimensions=dimensions)

    warnings = face_models()

    assert [warning.id for warning in warnings] == (["faces.W001"] if hint else [])
    assert all(hint in str(warning.hint) for warning in warnings)


# ---- fetching -------------------------------------------------------------------------------------------------------
@pytest.fixture
def release(pack_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that has the archive buffalo_sc, whose models are the drawn ones; its address."""
    known = fetching.KNOWN_PACKS["buffalo_sc"]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"buffalo_sc/{known.detector}", (pack_folder / "drawn_det.onnx").read_bytes())
        archive.writestr(f"buffalo_sc/{known.recogniser}", (pack_folder / "drawn_rec.onnx").read_bytes())
        archive.writestr("../../evil.onnx", b"evil")
    content = stream.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    changed = fetching.KnownPack(known.name, digest, len(content), known.detector, known.recogniser, known.about)
    monkeypatch.setitem(fetching.KNOWN_PACKS, "buffalo_sc", changed)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path not in ("/buffalo_sc.zip", "/short.zip"):
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if self.path == "/buffalo_sc.zip" else content[:100])

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(fetching, "RELEASE", address)
        yield address
        server.shutdown()
        thread.join()


def test_a_pack_is_fetched_only_with_its_licence_accepted_and_then_whole(
    release: str, tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = settings.FACE_MODEL_DIR = tmp_path / "models"

    with pytest.raises(CommandError, match="--accept-licence"):
        call_command("face_models", "fetch", "buffalo_sc")
    assert "non-commercial research" in capsys.readouterr().out
    assert not folder.exists()
    call_command("face_models", "fetch", "buffalo_sc", "--accept-licence")
    capsys.readouterr()
    call_command("face_models", "--json")

    shown = json.loads(capsys.readouterr().out)
    pack = find_pack(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["buffalo_sc"]
    assert pack.files == ("det_500m.onnx", "w600k_mbf.onnx")
    assert "non-commercial research" in licence_of(pack)
    assert (shown["device"], shown["problem"]) == ("cpu", "")
    assert [(one["name"], one["is_used"]) for one in shown["packs"]] == [("buffalo_sc", True)]
    assert {file["role"] for file in shown["packs"][0]["files"]} == {"detector", "recogniser"}
    with pytest.raises(CommandError, match="is there already"):
        call_command("face_models", "fetch", "buffalo_sc", "--accept-licence")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("/gone.zip", "404"), ("/short.zip", "broke off after 100 of"), (None, "can't be reached")],
    ids=["not there", "broken off", "no way"],
)
def test_a_fetch_that_fails_leaves_nothing(
    path: str | None, sentence: str, release: str, tmp_path: Path, settings: Any
) -> None:
    folder = settings.FACE_MODEL_DIR = tmp_path / "models"
    source = f"{release}{path}" if path else "http://127.0.0.1:9/x.zip"

    with pytest.raises(CommandError, match=sentence):
        call_command("face_models", "fetch", "buffalo_sc", "--accept-licence", "--from", source)

    assert list(folder.iterdir()) == []


def test_another_archive_is_not_taken(tmp_path: Path, settings: Any) -> None:
    settings.FACE_MODEL_DIR = tmp_path / "models"
    (tmp_path / "other.zip").write_bytes(b"PK something else")

    with pytest.raises(CommandError, match="is not the archive buffalo_l"):
        call_command("face_models", "fetch", "buffalo_l", "--accept-licence", "--from", str(tmp_path / "other.zip"))


def test_models_that_can_not_be_used_end_with_status_3(tmp_path: Path, settings: Any) -> None:
    settings.FACE_MODEL_DIR = make_pack(tmp_path / "models", dimensions=256)

    with pytest.raises(CommandError) as caught:
        call_command("face_models")

    assert caught.value.returncode == 3
