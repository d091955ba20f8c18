"""Passwords and keys of other systems: read in their form, kept encrypted with a key file of ours.

Nothing here logs, and no message names a secret or a part of one. The key file lies beside the server's secret key, is
made once with mode 0600 and goes into backups: without it what it encrypted is lost.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from importers.exceptions import ImportersError
from importers.records import Secret

KEY_FILE = "data-key"
# What stands before an encrypted text, so that nobody takes another for one; the number is that of its form.
_MARK = "videothek:aes256gcm:1:"
_KEY_BYTES, _NONCE_BYTES = 32, 12
# By this key a sealed value is known within JSON.
_SEALED = "$secret"
# MediaOS (shared/spec, B6): base64 of salt, initialisation vector, tag and at least nothing of text.
_SALT_BYTES, _IV_BYTES, _TAG_BYTES, _ROUNDS = 32, 16, 16, 100_000
_LEAST_BYTES = _SALT_BYTES + _IV_BYTES + _TAG_BYTES + 1


class SecretError(ImportersError):
    """An encrypted text can't be read with the key of this installation."""


def encrypt(text: str) -> str:
    """The text under our key, different each time."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_key()).encrypt(nonce, text.encode("utf-8", "surrogatepass"), _MARK.encode())
    return _MARK + base64.b64encode(nonce + sealed).decode()


def decrypt(stored: str) -> str:
    """What `encrypt` was given. Raises SecretError when it was made with another key, or changed."""
    try:
        raw = base64.b64decode(stored.removeprefix(_MARK), validate=True)
        opened = AESGCM(_key()).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _MARK.encode())
    except (InvalidTag, ValueError, binascii.Error):
        raise SecretError(
            f"A stored secret can't be read with the key in {KEY_FILE}. Restore that file from a backup."
        ) from None
    return opened.decode("utf-8", "surrogatepass")


def is_encrypted(text: str) -> bool:
    """Whether it looks like what `encrypt` returns."""
    return text.startswith(_MARK)


def fingerprint(text: str) -> str:
    """The same for the same text and key, and of no use to whoever lacks the key: to tell a changed secret by."""
    return hmac.new(_key(), text.encode("utf-8", "surrogatepass"), hashlib.blake2b).hexdigest()[:32]


def seal(value: Any) -> Any:
    """A JSON value in which each `Secret`, however deep, is {"$secret": encrypted, "print": its fingerprint}."""
    if isinstance(value, Secret):
        return {_SEALED: encrypt(value.text), "print": fingerprint(value.text)}
    if isinstance(value, Mapping):
        return {str(name): seal(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [seal(item) for item in value]
    return value


def unseal(value: Any) -> Any:
    """The inverse of `seal`. For what adopts kept rows; its result is shown and logged nowhere."""
    if isinstance(value, Mapping):
        if _SEALED in value:
            return Secret(decrypt(str(value[_SEALED])))
        return {name: unseal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [unseal(item) for item in value]
    return value


def comparable(value: Any) -> Any:
    """A JSON value whose secrets, sealed or not yet, are their fingerprints: two are equal when all they hold is."""
    if isinstance(value, Secret):
        return {"print": fingerprint(value.text)}
    if isinstance(value, Mapping):
        if _SEALED in value:
            return {"print": value.get("print", "")}
        return {str(name): comparable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(item) for item in value]
    return value


def read_mediaos(stored: str, secret: str) -> tuple[Secret, str]:
    """A credential as MediaOS stored it, in clear text, and "" or the reason `secret_unreadable`.

    It encrypted only where it had a key, so what doesn't look encrypted is the credential itself. What looks so and
    can't be opened with `secret` comes back as it was, so that it can be kept.
    """
    raw = _mediaos_bytes(stored)
    if raw is None:
        return Secret(stored), ""
    salt, rest = raw[:_SALT_BYTES], raw[_SALT_BYTES:]
    iv, tag, sealed = rest[:_IV_BYTES], rest[_IV_BYTES : _IV_BYTES + _TAG_BYTES], rest[_IV_BYTES + _TAG_BYTES :]
    key = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, _ROUNDS, _KEY_BYTES)
    try:
        return Secret(AESGCM(key).decrypt(iv, sealed + tag, None).decode()), ""
    except (InvalidTag, UnicodeDecodeError):
        return Secret(stored), "secret_unreadable"


def _mediaos_bytes(stored: str) -> bytes | None:
    try:
        raw = base64.b64decode(stored, validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if len(raw) >= _LEAST_BYTES else None


def _key() -> bytes:
    """The 32 bytes of the key file, which is made when there is none."""
    path = Path(str(settings.VIDEOTHEK_HOME)) / "secrets" / KEY_FILE
    try:
        key = base64.b64decode(path.read_text().strip(), validate=True)
    except FileNotFoundError:
        _make_key(path)
        key = base64.b64decode(path.read_text().strip(), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != _KEY_BYTES:
        raise SecretError(f"{path} holds no key. Restore that file from a backup.")
    return key


def _make_key(path: Path) -> None:
    """Whole or not at all, and never over one that another process made meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f"{KEY_FILE}.{os.getpid()}")
    half.touch(mode=0o600)
    try:
        half.write_text(base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
        os.link(half, path)
    except FileExistsError:
        pass
    finally:
        half.unlink()
