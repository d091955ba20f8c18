import json
import subprocess
import sys

import pytest

from config import bootstrap
from config.bootstrap import BootstrapError
from config.paths import PROJECT_ROOT


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """What would be run, instead of running it; `.venv` is in the test's folder."""
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp.json")
    ran = []
    monkeypatch.setattr(bootstrap, "run", lambda command, failure, environment=None: ran.append(command))
    return ran


def files_of(command: list[str]) -> list[str]:
    return [word.rsplit("/", 1)[-1] for word in command if word.endswith(".txt")]


@pytest.mark.parametrize(("wish", "found"), [("on", True), ("off", False)])
def test_the_wish_decides_about_the_graphics_card(monkeypatch, wish, found):
    monkeypatch.setenv("VIDEOTHEK_GPU", wish)

    assert bootstrap.graphics_card_found() is found


def test_a_wish_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("VIDEOTHEK_GPU", "maybe")

    with pytest.raises(BootstrapError, match="use auto, on or off"):
        bootstrap.graphics_card_found()


def test_a_driver_that_answers_is_a_graphics_card(monkeypatch, tmp_path):
    monkeypatch.delenv("VIDEOTHEK_GPU", raising=False)
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert bootstrap.graphics_card_found()


def test_packages_are_installed_once(commands):
    stamp: dict[str, str] = {}

    bootstrap.sync_packages(stamp, "cpu", dev=False)
    bootstrap.sync_packages(stamp, "cpu", dev=False)

    assert [files_of(command) for command in commands] == [["cpu.txt"]]
    assert "--require-hashes" in commands[0]


def test_development_tools_stay(commands):
    stamp: dict[str, str] = {}

    bootstrap.sync_packages(stamp, "cpu", dev=True)
    bootstrap.sync_packages(stamp, "cpu", dev=False)
    bootstrap.sync_packages(stamp, "gpu", dev=False)

    assert [files_of(command) for command in commands] == [["cpu.txt", "dev.txt"], ["gpu.txt", "dev.txt"]]


def test_uv_is_installed_once(commands, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").touch()
    stamp: dict[str, str] = {}

    bootstrap.install_uv(stamp)
    bootstrap.install_uv(stamp)

    assert len(commands) == 1


def test_front_end_files_are_copied_without_their_source_map(commands, monkeypatch, tmp_path):
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}")
    for source in bootstrap.FRONT_END:
        path = tmp_path / "node_modules" / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("code();\n//# sourceMappingURL=all.js.map\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENDOR", tmp_path / "vendor")
    monkeypatch.setattr(bootstrap, "npm_command", lambda: ["npm"])

    bootstrap.fetch_front_end({})

    assert (tmp_path / "vendor" / "media-chrome.js").read_text() == "code();\n"
    assert commands[0][:3] == ["npm", "ci", "--ignore-scripts"]


def test_node_is_told_the_systems_certificates(monkeypatch, tmp_path):
    (tmp_path / "own.pem").touch()
    monkeypatch.delenv("NODE_EXTRA_CA_CERTS", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))

    assert bootstrap.certificates("NODE_EXTRA_CA_CERTS") == {"NODE_EXTRA_CA_CERTS": str(tmp_path / "own.pem")}


def test_uv_is_told_the_systems_certificates_with_its_packages(monkeypatch, tmp_path):
    (tmp_path / "system.pem").touch()
    told: list[dict[str, str]] = []
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setattr(bootstrap, "AUTHORITIES", (str(tmp_path / "nowhere.pem"), str(tmp_path / "system.pem")))
    monkeypatch.setattr(bootstrap, "run", lambda command, failure, environment: told.append(environment))

    bootstrap.sync_packages({}, "cpu", dev=False)

    assert told[0]["SSL_CERT_FILE"] == str(tmp_path / "system.pem")


def test_a_chosen_certificate_file_is_left_alone(monkeypatch):
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/chosen.pem")

    assert bootstrap.certificates("NODE_EXTRA_CA_CERTS") == {}


def test_a_command_that_fails_says_what_to_do():
    with pytest.raises(BootstrapError, match=r"(?s)no such thing.*Check the network\."):
        bootstrap.run([sys.executable, "-c", "raise SystemExit('no such thing')"], "Check the network.")


def test_an_unfit_python_is_named(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 0))

    with pytest.raises(BootstrapError, match=r"needs Python 3\.11 to 3\.13, this is 3\.9"):
        bootstrap.check_python()


def test_a_damaged_stamp_means_that_nothing_is_done(monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp.json")
    (tmp_path / "stamp.json").write_text("{")

    assert bootstrap.read_stamp() == {}


def test_a_required_browser_that_can_not_be_installed_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.delenv("VIDEOTHEK_BROWSER", raising=False)
    bootstrap.ensure_browser()
    assert "SKIPPED" in capsys.readouterr().out

    monkeypatch.setenv("VIDEOTHEK_BROWSER", "required")
    with pytest.raises(BootstrapError, match="apt install chromium"):
        bootstrap.ensure_browser()


def test_it_runs_on_the_standard_library_alone():
    line = [sys.executable, "-I", "-S", "config/bootstrap.py", "--help"]

    result = subprocess.run(line, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")


def test_the_locked_front_end_files_name_no_host():
    lock = json.loads((PROJECT_ROOT / "package-lock.json").read_text())

    assert all("resolved" not in package for package in lock["packages"].values())
