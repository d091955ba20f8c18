import os
import pwd
from pathlib import Path

import pytest

from config.embedded import account
from config.embedded.account import Account, can_reach, give_folder, service_account
from config.embedded.errors import StackError

SOMEBODY = Account("somebody", 54_321, 54_321)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes owners")


def test_an_ordinary_user_runs_the_servers_itself(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert service_account(tmp_path / "postgres") is None


def test_a_private_folder_keeps_others_out(tmp_path):
    (tmp_path / "home").mkdir()
    tmp_path.chmod(0o700)

    assert not can_reach(SOMEBODY, tmp_path / "home")


def test_open_folders_let_others_in():
    assert can_reach(SOMEBODY, Path("/usr/bin/env"))


def test_a_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "real")

    with pytest.raises(StackError, match="remove it"):
        give_folder(tmp_path / "run", None)


def test_a_given_folder_is_private(tmp_path):
    (tmp_path / "run").mkdir(mode=0o755)

    give_folder(tmp_path / "run", None)

    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


@needs_root
def test_a_given_folder_belongs_to_the_account(tmp_path):
    give_folder(tmp_path / "data", SOMEBODY)

    assert (tmp_path / "data").stat().st_uid == SOMEBODY.uid


@needs_root
def test_data_keeps_the_system_user_it_was_made_with(tmp_path):
    nobody = pwd.getpwnam("nobody")
    os.chown(tmp_path, nobody.pw_uid, nobody.pw_gid)

    assert service_account(tmp_path) == Account("nobody", nobody.pw_uid, nobody.pw_gid)


@needs_root
def test_root_does_not_take_over_data_of_an_unknown_user(tmp_path):
    os.chown(tmp_path, 54_321, 54_321)

    with pytest.raises(StackError, match="user number 54321"):
        service_account(tmp_path)


@needs_root
def test_root_does_not_take_over_data_of_a_person(tmp_path, monkeypatch):
    person = pwd.struct_passwd(("ann", "x", 1234, 1234, "", "/home/ann", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: person)
    os.chown(tmp_path, 1234, 1234)

    with pytest.raises(StackError, match="Run this as ann"):
        service_account(tmp_path)


@needs_root
def test_without_useradd_nobody_serves(tmp_path, monkeypatch):
    monkeypatch.setattr(account, "NAME", "videothek-that-is-not-there")
    monkeypatch.setattr("shutil.which", lambda *args, **kwargs: None)

    assert service_account(tmp_path / "new").name == "nobody"
