"""Fixtures of the engine's tests."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from processing.services.bell import forget_workers, rq_queue
from processing.stages import Stage, StageContext, StageResult, registry
from tests.processing import processes, steps
from tests.processing.ingesting import turn_aside
from tests.processing.stageapp.definitions import STAGES


@pytest.fixture
def derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where derived files go for the time of the test."""
    turn_aside(tmp_path / "derived", monkeypatch)
    return tmp_path / "derived"


@pytest.fixture(autouse=True)
def _fresh_queues() -> Iterator[None]:
    rq_queue.cache_clear()
    forget_workers()
    yield
    rq_queue.cache_clear()
    forget_workers()


@pytest.fixture
def make_stage(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stage]:
    """Registers a stage for the test, on files that need not exist, that runs the given function."""

    def make(function: Callable[[StageContext], StageResult | None], *, name: str = "trial", **options: Any) -> Stage:
        monkeypatch.setitem(steps.FUNCTIONS, name, function)
        values: dict[str, Any] = {
            "label": "Trying",
            "queue": "media",
            "target_kind": "file",
            "run": f"tests.processing.steps.{name}",
            "label_of": lambda ids: dict.fromkeys(ids, "a file"),
        }
        stage = Stage(name=name, **values | options)
        monkeypatch.setitem(registry._stages, name, stage)
        return stage

    return make


@pytest.fixture
def stages_of_the_test_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known here too, for submitting them."""
    for stage in STAGES:
        monkeypatch.setitem(registry._stages, stage.name, stage)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a command; all are gone after the test."""
    started = []

    def begin(*arguments: str, **extra: str) -> subprocess.Popen[bytes]:
        started.append(processes.start(*arguments, log=tmp_path / "log", **extra))
        return started[-1]

    yield begin
    for process in started:
        processes.stop(process)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where the stages of the test app leave a line each time they run."""
    return tmp_path / "notes"
