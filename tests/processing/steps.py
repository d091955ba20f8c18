"""Where the stages of tests find their functions: `tests.processing.steps.<name of the stage>`."""

from collections.abc import Callable

from processing.stages import StageContext, StageResult

FUNCTIONS: dict[str, Callable[[StageContext], StageResult | None]] = {}


def __getattr__(name: str) -> Callable[[StageContext], StageResult]:
    if name not in FUNCTIONS:
        raise AttributeError(name)
    return lambda context: FUNCTIONS[name](context) or StageResult()
