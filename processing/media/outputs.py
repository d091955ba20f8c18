"""Files that appear whole or not at all."""

from pathlib import Path
from types import TracebackType
from typing import Self


class OutputFiles:
    """A set of files written under temporary names and renamed together; nothing stays if the block raises.

    Temporary names start with a dot and end in `.part`, in the target folder, so that renaming never copies.
    """

    def __init__(self) -> None:
        self._pending: dict[Path, Path] = {}

    def add(self, target: Path) -> Path:
        """The temporary path to write `target` to."""
        temporary = target.with_name(f".{target.name}.part")
        self._pending[target] = temporary
        return temporary

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            for temporary in self._pending.values():
                temporary.unlink(missing_ok=True)

    def _publish(self) -> None:
        for target, temporary in list(self._pending.items()):
            temporary.replace(target)
            del self._pending[target]
