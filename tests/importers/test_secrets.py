"""Passwords and keys of other systems: read in their form, kept under a key of ours, shown nowhere."""

import base64
import hashlib
import json
import os
import stat

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from importers.records import Secret
from importers.services.secrets import SecretError, comparable, decrypt, encrypt, read_mediaos, seal, unseal

OLD_KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.VIDEOTHEK_HOME = tmp_path
    return tmp_path


def as_mediaos(text: str, *, key: str = OLD_KEY) -> str:
    """A credential as MediaOS encrypts it: base64 of salt, initialisation vector, tag, ciphertext."""
    salt, iv = os.urandom(32), os.urandom(16)
    derived = hashlib.pbkdf2_hmac("sha256", key.encode(), salt, 100_000, 32)
    sealed = AESGCM(derived).encrypt(iv, text.encode(), None)
    return base64.b64encode(salt + iv + sealed[-16:] + sealed[:-16]).decode()


@pytest.mark.parametrize("text", ["hunter2", "", "ключ \udcff", "x" * 10_000])
def test_what_was_encrypted_comes_back_and_never_looks_the_same(text):
    first, second = encrypt(text), encrypt(text)

    assert (decrypt(first), decrypt(second)) == (text, text)
    assert first != second
    assert not text or text not in first


def test_the_key_is_made_once_and_only_its_owner_reads_it(home):
    encrypt("a")
    path = home / "secrets" / "data-key"
    first = path.read_text()

    encrypt("b")

    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["data-key"]


def test_with_another_key_nothing_opens_and_the_message_tells_no_secret(home):
    stored = encrypt("hunter2")
    (home / "secrets" / "data-key").write_text(base64.b64encode(b"k" * 32).decode())

    with pytest.raises(SecretError) as caught:
        decrypt(stored)

    assert "hunter2" not in str(caught.value)
    assert stored not in str(caught.value)


@pytest.mark.parametrize("content", ["", "no base64!", base64.b64encode(b"short").decode()])
def test_a_broken_key_file_is_told_and_not_replaced(home, content):
    (home / "secrets").mkdir()
    (home / "secrets" / "data-key").write_text(content)

    with pytest.raises(SecretError, match="holds no key"):
        encrypt("a")

    assert (home / "secrets" / "data-key").read_text() == content


def test_a_changed_ciphertext_is_refused():
    stored = encrypt("hunter2")
    raw = bytearray(base64.b64decode(stored.rpartition(":")[2]))
    raw[-1] ^= 1

    with pytest.raises(SecretError):
        decrypt(stored.rpartition(":")[0] + ":" + base64.b64encode(raw).decode())


def test_secrets_are_sealed_however_deep_and_come_back():
    value = {"a": [1, {"apiKey": Secret("hunter2")}], "b": "plain", "c": None}

    sealed = seal(value)

    assert "hunter2" not in json.dumps(sealed)
    opened = unseal(json.loads(json.dumps(sealed)))
    assert opened["a"][1]["apiKey"].text == "hunter2"
    assert (opened["b"], opened["c"]) == ("plain", None)


def test_sealed_values_compare_by_what_they_hold():
    assert comparable(seal({"k": Secret("one")})) == comparable({"k": Secret("one")})
    assert comparable(seal({"k": Secret("one")})) != comparable(seal({"k": Secret("two")}))


def test_a_secret_shows_itself_nowhere():
    assert "hunter2" not in f"{Secret('hunter2')} {Secret('hunter2')!r} {[Secret('hunter2')]}"


def test_mediaos_credentials_open_with_the_old_key():
    secret, reason = read_mediaos(as_mediaos("hunter2"), OLD_KEY)

    assert (secret.text, reason) == ("hunter2", "")


@pytest.mark.parametrize("wrong", ["", "f" * 32])
def test_with_a_wrong_old_key_a_credential_is_kept_as_it_was(wrong):
    stored = as_mediaos("hunter2")

    secret, reason = read_mediaos(stored, wrong)

    assert (secret.text, reason) == (stored, "secret_unreadable")


@pytest.mark.parametrize("stored", ["", "a short key", "d" * 32, base64.b64encode(b"x" * 64).decode(), "é" * 100])
def test_what_does_not_look_encrypted_is_the_credential_itself(stored):
    secret, reason = read_mediaos(stored, OLD_KEY)

    assert (secret.text, reason) == (stored, "")


def test_two_processes_that_make_the_key_at_once_end_with_one(home, monkeypatch):
    link = os.link

    def too_late(source, target):
        # Another process was first.
        target.write_text(base64.b64encode(b"f" * 32).decode())
        link(source, target)

    monkeypatch.setattr("importers.services.secrets.os.link", too_late)

    stored = encrypt("a")

    assert decrypt(stored) == "a"
    assert base64.b64decode((home / "secrets" / "data-key").read_text()) == b"f" * 32
