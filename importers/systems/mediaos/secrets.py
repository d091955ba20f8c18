"""How MediaOS encrypted passwords and keys."""

import base64
import binascii
import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# A stored secret is base64 of these, one behind the other, and of what was encrypted.
_SALT_BYTES, _IV_BYTES, _TAG_BYTES = 32, 16, 16
_LEAST_BYTES = _SALT_BYTES + _IV_BYTES + _TAG_BYTES + 1
_ROUNDS = 100_000


class UnreadableSecretError(Exception):
    """It is encrypted, with another key than the one that was given."""


def read_secret(stored: str, key: str) -> str:
    """The password or key in clear text. Where the old system had no key it stored them as they are, so what hasn't the
    shape of something encrypted is taken at its word. Raises UnreadableSecretError."""
    parts = _parts(stored)
    if parts is None:
        return stored
    if not key:
        raise UnreadableSecretError
    salt, iv, tag, text = parts
    try:
        return AESGCM(_derived(key, salt)).decrypt(iv, text + tag, None).decode()
    except (InvalidTag, UnicodeError):
        raise UnreadableSecretError from None


def _parts(stored: str) -> tuple[bytes, bytes, bytes, bytes] | None:
    """Salt, initialisation vector, tag and encrypted text; None when it has another shape."""
    try:
        raw = base64.b64decode(stored, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) < _LEAST_BYTES:
        return None
    iv, tag = _SALT_BYTES + _IV_BYTES, _SALT_BYTES + _IV_BYTES + _TAG_BYTES
    return raw[:_SALT_BYTES], raw[_SALT_BYTES:iv], raw[iv:tag], raw[tag:]


@lru_cache(maxsize=256)
def _derived(key: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", key.encode("utf-8", "surrogatepass"), salt, _ROUNDS, dklen=32)
