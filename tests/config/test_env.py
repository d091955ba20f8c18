import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env, paths


@pytest.fixture(autouse=True)
def undeclared(monkeypatch):
    """What these tests read is no setting of the product."""
    monkeypatch.setattr(env, "DECLARED", {})


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("Yes", True), (" on ", True), ("false", False), ("0", False)]
)
def test_bool_reads_the_usual_words(monkeypatch, text, value):
    monkeypatch.setenv("X", text)

    assert env.env_bool("X", not value) is value


def test_bool_refuses_anything_else(monkeypatch):
    monkeypatch.setenv("X", "maybe")

    with pytest.raises(ImproperlyConfigured, match="X is 'maybe': use true or false"):
        env.env_bool("X", True)


@pytest.mark.parametrize("text", ["ten", "1.5", "0", "11"])
def test_int_refuses_what_is_no_number_in_its_range(monkeypatch, text):
    monkeypatch.setenv("X", text)

    with pytest.raises(ImproperlyConfigured, match="X is"):
        env.env_int("X", 5, minimum=1, maximum=10)


def test_an_empty_value_counts_as_unset(monkeypatch):
    monkeypatch.setenv("X", "  ")

    assert env.env_int("X", 5, minimum=1, maximum=10) == 5
    assert env.env_bool("X", True) is True
    assert env.env_str("X", "a") == "a"
    assert env.env_list("X", ("a", "b")) == ["a", "b"]
    assert env.env_path("X", None) is None


def test_int_reads_its_limits(monkeypatch):
    monkeypatch.setenv("X", "10")

    assert env.env_int("X", 5, minimum=1, maximum=10) == 10


def test_path_becomes_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("X", "a/b")

    assert env.env_path("X", None) == tmp_path / "a" / "b"


def test_list_is_parted_by_commas(monkeypatch):
    monkeypatch.setenv("X", "a, b,,c ")

    assert env.env_list("X") == ["a", "b", "c"]


def test_choice_refuses_a_word_that_is_none(monkeypatch):
    monkeypatch.setenv("X", "loud")

    with pytest.raises(ImproperlyConfigured, match="use one of info, debug"):
        env.env_choice("X", "info", ("info", "debug"))


def test_a_reader_declares_what_it_reads():
    env.env_int("X", 5, minimum=1, maximum=10)

    assert env.DECLARED["X"] == env.Declared("X", "int", "5")


def test_home_moves_with_its_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("VIDEOTHEK_HOME", str(tmp_path))

    assert paths.home() == tmp_path
    assert paths.logs() == tmp_path / "log"


def test_sockets_of_a_long_home_go_to_the_temporary_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("VIDEOTHEK_HOME", str(tmp_path / ("x" * 120)))

    assert len(str(paths.socket_folder())) < 86
    assert re.fullmatch(r"videothek-\d+-[0-9a-f]{16}", Path(paths.socket_folder()).name)
