"""Runs services: starts them in order, starts again what dies, and stops everything within 15 seconds.

Each service leads a session of its own, so a Ctrl-C at the terminal reaches only the supervisor, and a service that
dies takes what it left behind with it. When the supervisor itself is killed the kernel signals each service
(`launch.py`). Only for the main thread: the kernel ties that signal to the thread that started the process.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from config.embedded import logs
from config.embedded.errors import StackError
from config.embedded.service import PHASE_SECONDS, Service, launch_line

_TICK_SECONDS = 0.05
_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 0.5, 30.0
# A service that ran this long has recovered: its next death starts the delays anew.
_RECOVERED_SECONDS = 30.0
_ROTATE_EVERY_SECONDS = 10.0


class _Running:
    """A service and its present process; `process` is None while it waits to be started again."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_again_at = 0.0
        self.deaths_in_a_row = 0

    def next_delay(self) -> float:
        if time.monotonic() - self.started_at > _RECOVERED_SECONDS:
            self.deaths_in_a_row = 0
        self.deaths_in_a_row += 1
        return min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2.0 ** (self.deaths_in_a_row - 1))


class Supervisor:
    """The process table. `say` gets a sentence for each thing a person should know."""

    def __init__(self, *, log_folder: Path, say: Callable[[str], None]) -> None:
        self.log_folder = log_folder
        self._say = say
        self._running: list[_Running] = []
        self._rotate_at = 0.0

    def start(self, service: Service) -> None:
        """Starts a service and waits until it is ready; raises StackError, with the end of its log, when it isn't."""
        running = _Running(service)
        self._running.append(running)
        service.prepare()
        self._spawn(running)
        deadline = time.monotonic() + service.ready_seconds
        while service.is_ready is not None and not service.is_ready():
            ended = running.process is not None and running.process.poll() is not None
            if ended or time.monotonic() > deadline:
                end = logs.tail(self.log_folder, service.name)
                what = "ended at once" if ended else f"isn't ready after {service.ready_seconds:.0f} s"
                raise StackError(f"{service.title} {what}. Its log {self._log_path(service)} ends:{end}")
            time.sleep(_TICK_SECONDS)

    def watch(self) -> None:
        """One round: starts again what died, keeps the logs bounded. Called every second or so."""
        for running in self._running:
            if running.process is not None and running.process.poll() is not None:
                self._note_death(running, running.process)
            if running.process is None and time.monotonic() >= running.start_again_at:
                self._start_again(running)
        if time.monotonic() > self._rotate_at:
            self._rotate_at = time.monotonic() + _ROTATE_EVERY_SECONDS
            for running in self._running:
                logs.rotate(self.log_folder, running.service.name)

    def stop(self) -> None:
        """Stops all services, phase by phase; nothing of them runs afterwards."""
        for phase, seconds in enumerate(PHASE_SECONDS):
            _stop_phase([running for running in self._running if running.service.phase == phase], seconds)
        self._running.clear()

    def pids(self) -> dict[str, int]:
        """The main process of each service that runs now."""
        return {running.service.name: running.process.pid for running in self._running if running.process}

    def _spawn(self, running: _Running) -> None:
        service = running.service
        line = launch_line(
            service.command, service.account, keeps_reach=service.keeps_reach, death_signal=service.death_signal
        )
        with logs.open_log(self.log_folder, service.name) as log:
            running.process = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=service.folder,
                env={**os.environ, **service.environment},
                start_new_session=True,
            )
        running.started_at = time.monotonic()

    def _note_death(self, running: _Running, process: subprocess.Popen[bytes]) -> None:
        kill_sessions([process.pid])
        delay = running.next_delay()
        running.process = None
        running.start_again_at = time.monotonic() + delay
        code = process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        service = running.service
        self._say(f"{service.title} {how}: starting it again in {delay:g} s. See {self._log_path(service)}")

    def _start_again(self, running: _Running) -> None:
        try:
            running.service.prepare()
        except StackError as error:
            self._say(str(error))
            running.start_again_at = time.monotonic() + running.next_delay()
        else:
            self._spawn(running)

    def _log_path(self, service: Service) -> Path:
        return self.log_folder / f"{service.name}.log"


def _stop_phase(group: list[_Running], seconds: float) -> None:
    """Signals all services of a phase, waits for them together, kills what is left of their sessions."""
    processes = [(running.service, running.process) for running in group if running.process is not None]
    started = time.monotonic()
    sent: dict[int, int] = {}
    while time.monotonic() < started + seconds:
        alive = [(service, process) for service, process in processes if process.poll() is None]
        if not alive:
            break
        for service, process in alive:
            count = sent.get(process.pid, 0)
            due = int((time.monotonic() - started) / seconds * len(service.stop_signals)) + 1
            if count < min(due, len(service.stop_signals)):
                process.send_signal(service.stop_signals[count])
                sent[process.pid] = count + 1
        time.sleep(_TICK_SECONDS)
    kill_sessions([process.pid for _, process in processes])
    for _, process in processes:
        process.wait()


def kill_sessions(leaders: Iterable[int]) -> None:
    """Kills every process in the sessions of these leaders, dead leaders' sessions included."""
    wanted = set(leaders)
    for pid in psutil.pids() if wanted else ():
        try:
            if os.getsid(pid) in wanted:
                os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
