import os
import subprocess
import sys
import textwrap

import pytest

from config.embedded.lock import Holder, HomeLock, UsersLock, current_holder
from config.paths import PROJECT_ROOT
from tests.config.stacks import wait_until

ME = Holder(pid=os.getpid(), role="up", url="http://127.0.0.1:8000")


@pytest.fixture
def lock(tmp_path):
    lock = HomeLock(tmp_path)
    yield lock
    lock.release()


def test_nobody_holds_a_new_home(tmp_path):
    assert current_holder(tmp_path) is None


def test_the_holder_is_told_to_others(lock, tmp_path):
    lock.acquire(ME)

    assert current_holder(tmp_path) == ME


def test_what_the_holder_changes_is_told(lock, tmp_path):
    lock.acquire(ME)

    lock.tell(state="ready")

    assert current_holder(tmp_path).state == "ready"


def test_only_one_can_hold_a_home(lock, tmp_path):
    lock.acquire(ME)
    second = HomeLock(tmp_path)

    assert not second.acquire(ME)

    second.release()


def test_a_released_home_is_free(tmp_path):
    lock = HomeLock(tmp_path)
    lock.acquire(ME)

    lock.release()

    assert current_holder(tmp_path) is None


def test_the_death_of_the_holder_frees_its_home(tmp_path):
    script = f"""
        import pathlib, time
        from config.embedded.lock import Holder, HomeLock
        lock = HomeLock(pathlib.Path({str(tmp_path)!r}))
        lock.acquire(Holder(pid=1, role="up"))
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=PROJECT_ROOT) as holder:
        wait_until(lambda: current_holder(tmp_path) is not None)

        holder.kill()
        holder.wait()

    assert current_holder(tmp_path) is None


def test_a_holder_that_says_nothing_readable_still_holds(lock, tmp_path, monkeypatch):
    monkeypatch.setattr("config.embedded.lock._PATIENCE_SECONDS", 0.05)
    lock.acquire(ME)
    lock.path.write_text("not json")

    assert current_holder(tmp_path).title == "an unknown process"


def test_the_keeper_ends_only_when_nobody_shares(tmp_path):
    command, keeper = UsersLock(tmp_path), UsersLock(tmp_path)
    command.share()

    assert not keeper.take_when_alone()
    command.release()
    assert keeper.take_when_alone()

    keeper.release()
