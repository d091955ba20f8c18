import pytest

from config import commandline
from config.commandline import needed_servers
from config.embedded.errors import StackError
from config.embedded.stack import ATTACHED, needs_servers
from tests.config.stacks import manage, processes_of


@pytest.mark.parametrize(
    "line",
    ["", "check", "makemigrations --check", "help", "--version", "collectstatic --no-input", "ingest --help", "up"],
)
def test_what_works_on_files_alone_starts_no_server(line):
    assert not needed_servers(["manage.py", *line.split()])


@pytest.mark.parametrize("line", ["ingest /videos --json", "backup", "migrate", "createsuperuser", "shell"])
def test_all_else_has_the_servers(line):
    assert needed_servers(["manage.py", *line.split()])


def test_real_servers_need_none_of_ours():
    assert not needs_servers({"DATABASE_URL": "postgresql:///x", "REDIS_URL": "redis://x"})
    assert needs_servers({"DATABASE_URL": "postgresql:///x"})


def test_a_process_on_a_stack_looks_for_none():
    assert not needs_servers({ATTACHED: "up"})


def test_a_sentence_is_shown_without_a_traceback(monkeypatch, capsys):
    def fail(arguments: list[str]) -> None:
        raise StackError("There is no room.")

    monkeypatch.setattr(commandline, "execute_from_command_line", fail)

    assert commandline.main(["manage.py", "check"]) == 1
    assert capsys.readouterr().err == "There is no room.\n"


def test_ctrl_c_ends_without_a_traceback(monkeypatch, capsys):
    def interrupt(arguments: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commandline, "execute_from_command_line", interrupt)

    assert commandline.main(["manage.py", "check"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


SCRIPT = """
from django.contrib.auth import get_user_model
import subprocess, sys
print("owner", get_user_model().objects.get().username)
subprocess.run([sys.executable, "manage.py", "showmigrations", "library"], check=True)
"""


@pytest.mark.slow
def test_a_command_brings_its_servers_and_leaves_nothing(tmp_path):
    home = tmp_path / "home"

    first = manage(home, "shell", "--no-imports", "-c", SCRIPT)

    assert (first.returncode, first.stderr) == (0, "")
    assert "owner admin" in first.stdout
    assert "[X] 0001" in first.stdout
    assert processes_of(home) == []


def test_a_home_that_can_not_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()

    result = manage(tmp_path / "file" / "home", "showmigrations")

    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "VIDEOTHEK_HOME" in result.stderr


def test_a_bad_setting_is_a_sentence(tmp_path):
    result = manage(tmp_path / "home", "check", VIDEOTHEK_WEB_THREADS="many")

    assert result.returncode != 0
    assert "VIDEOTHEK_WEB_THREADS is 'many': use a whole number." in result.stderr
