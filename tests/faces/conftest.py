"""The drawn pack and its engine, made once for a session of tests."""

from pathlib import Path

import pytest

from faces.ml.engine import FaceEngine
from faces.ml.pack import ModelPack, find_pack
from tests.faces.tiny_pack import make_pack


@pytest.fixture(scope="session")
def pack_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pack(tmp_path_factory.mktemp("models") / "drawn")


@pytest.fixture(scope="session")
def pack(pack_folder: Path) -> ModelPack:
    return find_pack(pack_folder)


@pytest.fixture(scope="session")
def engine(pack: ModelPack) -> FaceEngine:
    return FaceEngine.load(pack, threads=1)
