"""One process that the supervisor runs."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded.account import Account


def _nothing_to_prepare() -> None:
    return


@dataclass(frozen=True, slots=True)
class Service:
    """What to run, how to see that it is ready, and how to end it.

    `environment` is added to the supervisor's own. `prepare` runs before each start and may raise StackError.
    `is_ready` is asked until it is true; None counts as ready once started. Stopping goes by `phase`, low first:
    `stop_signals` are sent evenly spread over the phase's time, then whatever is left of its session is killed.
    """

    name: str
    title: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    keeps_reach: bool = False
    prepare: Callable[[], None] = _nothing_to_prepare
    is_ready: Callable[[], bool] | None = None
    ready_seconds: float = 60.0
    phase: int = 0
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    death_signal: signal.Signals = signal.SIGKILL


# Seconds a phase may take when the stack stops; their sum stays well under the promised 15.
PHASE_SECONDS = (5.5, 2.0, 5.0)
PROCESSES, REDIS, POSTGRES = range(3)

_LAUNCHER = Path(__file__).with_name("launch.py")


def launch_line(
    command: tuple[str, ...],
    account: Account | None,
    *,
    keeps_reach: bool,
    death_signal: signal.Signals = signal.SIGKILL,
) -> list[str]:
    """The command line that runs `command` as the account and signals it when this process dies (`launch.py`)."""
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    switches = (os.getpid(), int(death_signal), uid, gid, int(keeps_reach))
    return [sys.executable, "-I", "-S", str(_LAUNCHER), *map(str, switches), *command]
