"""Passwords of other systems, so that people who moved in log in as before.

Each is verified as the other system did; the first login that succeeds replaces it by one of ours (Django does that
whenever a password was made by another hasher than the preferred one).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import bcrypt
from argon2.exceptions import Argon2Error, InvalidHashError
from django.contrib.auth.hashers import Argon2PasswordHasher, BasePasswordHasher, mask_hash
from django.utils.crypto import constant_time_compare

# What a login may cost: a hash that asks for more would keep the server busy, whoever made it.
MOST_BCRYPT_ROUNDS = 16
_MOST_ARGON2_KIB, _MOST_ARGON2_TIME, _MOST_ARGON2_LANES = 2**20, 64, 64
# Of the column.
_LONGEST = 128
# bcrypt reads no more of a password than this.
_BCRYPT_BYTES = 72

_BCRYPT = re.compile(r"\$2[aby]\$(?P<rounds>\d\d)\$[./A-Za-z0-9]{53}")
_ARGON2 = re.compile(
    r"\$argon2(?:id|i|d)\$(?:v=\d+\$)?m=(?P<kib>\d{1,9}),t=(?P<time>\d{1,9}),p=(?P<lanes>\d{1,9})"
    r"\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}"
)
_SALT_AND_HASH = re.compile(r"(?:mediaos_pbkdf2_sha512\$)?(?P<salt>[0-9A-Za-z]{1,32})[:$](?P<hash>[0-9a-fA-F]{128})")


def as_stored(found: str) -> str:
    """A password as another system stored it, as `User.password` takes it; "" where nobody could log in by it.

    Takes bcrypt ($2a$, $2b$, $2y$) and argon2 ($argon2id$ and its kin), both with or without the name of our
    hasher before them, and MediaOS's salt:hash, also as mediaos_pbkdf2_sha512$salt$hash.
    """
    text = found.strip()
    plain = text.removeprefix("bcrypt$") if text.startswith("bcrypt$$2") else text
    plain = plain.removeprefix("argon2") if plain.startswith("argon2$argon2") else plain
    if (match := _BCRYPT.fullmatch(plain)) and 4 <= int(match["rounds"]) <= MOST_BCRYPT_ROUNDS:
        return f"{BcryptHasher.algorithm}${plain}"
    if (match := _ARGON2.fullmatch(plain)) and _is_affordable(match.groupdict()):
        stored = f"{Argon2Hasher.algorithm}{plain}"
        return stored if len(stored) <= _LONGEST else ""
    if match := _SALT_AND_HASH.fullmatch(plain):
        return MediaOSHasher.stored(match["salt"], bytes.fromhex(match["hash"]))
    return ""


class BcryptHasher(BasePasswordHasher):
    """bcrypt as Go's and Bun's libraries write it. Of a longer password only the first 72 bytes count, as there."""

    algorithm = "bcrypt"

    def encode(self, password: str, salt: str) -> str:
        """`salt` is "$2b$12$" and 22 characters."""
        made = bcrypt.hashpw(password.encode()[:_BCRYPT_BYTES], salt.encode())
        return f"{self.algorithm}${made.decode()}"

    def salt(self) -> str:
        return bcrypt.gensalt().decode()

    def verify(self, password: str, encoded: str) -> bool:
        found = encoded.removeprefix(f"{self.algorithm}$")
        if not _BCRYPT.fullmatch(found):
            return False
        try:
            return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], found.encode())
        except ValueError:
            return False

    def decode(self, encoded: str) -> dict[str, Any]:
        _, _, kind, rounds, rest = encoded.split("$", 4)
        return {"algorithm": self.algorithm, "kind": kind, "rounds": int(rounds), "salt": rest[:22], "hash": rest[22:]}

    def safe_summary(self, encoded: str) -> Any:
        """What the admin shows of it."""
        found = self.decode(encoded)
        shown = {"algorithm": self.algorithm, "rounds": found["rounds"]}
        return {**shown, "salt": mask_hash(found["salt"]), "hash": mask_hash(found["hash"])}

    def must_update(self, encoded: str) -> bool:
        return True

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing: it is never the preferred one."""


class Argon2Hasher(Argon2PasswordHasher):
    """Django's, which a hash that can't be read makes raise: here it is just not the right password."""

    def verify(self, password: str, encoded: str) -> bool:
        if not _ARGON2.fullmatch(encoded.removeprefix("argon2")):
            return False
        try:
            return bool(super().verify(password, encoded))
        except (Argon2Error, InvalidHashError, ValueError):
            return False


class MediaOSHasher(BasePasswordHasher):
    """PBKDF2 with SHA-512, 100,000 rounds, 64 bytes; the salt is the text of its hexadecimal digits, not what they say.

    Stored as mediaos_sha512$salt$hash, the hash in base64: in hexadecimal it would be too long for the column.
    """

    algorithm = "mediaos_sha512"
    iterations = 100_000

    @classmethod
    def stored(cls, salt: str, digest: bytes) -> str:
        """`salt` as text."""
        packed = base64.b64encode(digest).decode().rstrip("=")
        if re.fullmatch(r"[0-9a-f]{32}", salt):
            # 16 bytes instead of 32 digits, for the same reason.
            salt = "=" + base64.b64encode(bytes.fromhex(salt)).decode().rstrip("=")
        stored = f"{cls.algorithm}${salt}${packed}"
        return stored if len(stored) <= _LONGEST else ""

    def encode(self, password: str, salt: str) -> str:
        digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt.encode(), self.iterations, 64)
        return self.stored(salt, digest)

    def verify(self, password: str, encoded: str) -> bool:
        try:
            salt = self.decode(encoded)["salt"]
        except (ValueError, binascii.Error):
            return False
        return constant_time_compare(encoded, self.encode(password, salt))

    def decode(self, encoded: str) -> dict[str, Any]:
        """Raises ValueError on what `stored` did not write."""
        algorithm, salt, packed = encoded.split("$")
        if algorithm != self.algorithm or not packed:
            raise ValueError(algorithm)
        if salt.startswith("="):
            salt = base64.b64decode(salt[1:] + "==", validate=True).hex()
        return {"algorithm": algorithm, "salt": salt, "hash": packed, "iterations": self.iterations}

    def safe_summary(self, encoded: str) -> Any:
        """What the admin shows of it."""
        found = self.decode(encoded)
        shown = {"algorithm": self.algorithm, "iterations": self.iterations}
        return {**shown, "salt": mask_hash(found["salt"]), "hash": mask_hash(found["hash"])}

    def must_update(self, encoded: str) -> bool:
        return True

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing: it is never the preferred one."""


def _is_affordable(cost: Mapping[str, str]) -> bool:
    return (
        int(cost["kib"]) <= _MOST_ARGON2_KIB
        and 1 <= int(cost["time"]) <= _MOST_ARGON2_TIME
        and 1 <= int(cost["lanes"]) <= _MOST_ARGON2_LANES
    )
