"""Passwords of other systems: verified as there, replaced at the first login."""

import hashlib

import argon2
import bcrypt
import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, is_password_usable, make_password
from django.test import Client
from django.urls import reverse

from config.settings import PASSWORD_HASHERS
from library.hashers import MOST_BCRYPT_ROUNDS, as_stored
from library.models import User
from tests.library.factories import make_user

_CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# From the tests of crypt_blowfish, whose author made $2y$ and $2b$.
_KNOWN_BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
_SALT = "00112233445566778899aabbccddeeff"


def bcrypt_hash(password: str, *, kind: str = "2a") -> str:
    made = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4, prefix=b"2b")).decode()
    return made.replace("$2b$", f"${kind}$", 1)


def mediaos_hash(password: str, *, salt: str = _SALT) -> str:
    """As MediaOS writes it: the salt is the text of the digits."""
    return f"{salt}:{hashlib.pbkdf2_hmac('sha512', password.encode(), salt.encode(), 100_000, 64).hex()}"


FOUND = {
    "bcrypt of Go": bcrypt_hash("Pässword 1"),
    "bcrypt of Bun": bcrypt_hash("Pässword 1", kind="2b"),
    "bcrypt of PHP": bcrypt_hash("Pässword 1", kind="2y"),
    "argon2id": _CHEAP.hash("Pässword 1"),
    "argon2i": argon2.PasswordHasher(1, 8, 1, type=argon2.Type.I).hash("Pässword 1"),
    "MediaOS": mediaos_hash("Pässword 1"),
    "MediaOS, named": "mediaos_pbkdf2_sha512$" + mediaos_hash("Pässword 1").replace(":", "$"),
}


@pytest.mark.parametrize("found", FOUND.values(), ids=FOUND.keys())
def test_a_password_of_another_system_opens_and_no_other_does(found: str) -> None:
    stored = as_stored(found)

    assert check_password("Pässword 1", stored)
    assert not check_password("Pässword 2", stored)
    assert not check_password("", stored)
    assert len(stored) <= User._meta.get_field("password").max_length


def test_known_vectors_are_verified() -> None:
    # RFC 9106 has none for its text form; this one is of the reference implementation's tests.
    argon = "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"
    known = hashlib.pbkdf2_hmac("sha512", b"passwd", b"salt", 100_000, 64).hex()

    assert check_password("U*U", as_stored(_KNOWN_BCRYPT))
    assert check_password("password", as_stored(argon))
    assert check_password("passwd", as_stored(f"salt:{known}"))


def test_the_salt_of_mediaos_is_its_text_and_not_its_bytes() -> None:
    decoded = hashlib.pbkdf2_hmac("sha512", b"secret", bytes.fromhex(_SALT), 100_000, 64).hex()

    assert not check_password("secret", as_stored(f"{_SALT}:{decoded}"))
    assert check_password("secret", as_stored(mediaos_hash("secret")))


def test_of_a_long_password_bcrypt_reads_72_bytes() -> None:
    stored = as_stored(bcrypt_hash("x" * 72))

    assert check_password("x" * 80, stored)
    assert not check_password("x" * 71, stored)


@pytest.mark.parametrize(
    "found",
    [
        "",
        "plain text",
        "$2a$05$short",
        f"$2a${MOST_BCRYPT_ROUNDS + 1}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$argon2id$v=19$m=9999999,t=1,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
        "$argon2id$v=19$m=64,t=1,p=1$short$short",
        f"{_SALT}:abcdef",
        f"{_SALT.upper()}:{'0' * 128}",
        "pbkdf2_sha256$1$a$b",
        "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
    ],
)
def test_what_nobody_could_log_in_by_is_none(found: str) -> None:
    assert as_stored(found) == ""


@pytest.mark.parametrize("stored", ["bcrypt$rubbish", "argon2$argon2id$rubbish", "mediaos_sha512$a$", "mediaos_sha512"])
def test_a_stored_password_that_was_damaged_is_wrong_and_no_error(stored: str) -> None:
    assert not check_password("secret", stored)


@pytest.mark.parametrize("name", ["bcrypt of Go", "argon2id", "MediaOS"])
def test_the_admin_shows_nothing_of_it_but_how_it_was_made(name: str) -> None:
    stored = as_stored(FOUND[name])
    hasher = identify_hasher(stored)

    shown = "".join(str(value) for value in hasher.safe_summary(stored).values())

    assert hasher.algorithm in shown
    assert hasher.decode(stored)["hash"] not in shown
    assert hasher.must_update(stored)


def test_what_a_hasher_makes_it_verifies() -> None:
    for algorithm in ("bcrypt", "mediaos_sha512"):
        stored = (
            make_password("secret", hasher=algorithm)
            if algorithm == "mediaos_sha512"
            else as_stored(bcrypt_hash("secret"))
        )

        assert check_password("secret", stored)


@pytest.mark.django_db
@pytest.mark.parametrize("name", FOUND)
def test_the_first_login_replaces_it_by_one_of_ours(name: str, client: Client) -> None:
    user = make_user(username="anna")
    User.objects.filter(pk=user.pk).update(password=as_stored(FOUND[name]))

    wrong = client.post(reverse("login"), {"username": "anna", "password": "Pässword 2"})
    before = User.objects.get(pk=user.pk).password
    right = client.post(reverse("login"), {"username": "anna", "password": "Pässword 1"})

    assert (wrong.status_code, right.status_code) == (200, 302)
    assert before == as_stored(FOUND[name])
    upgraded = User.objects.get(pk=user.pk).password
    assert identify_hasher(upgraded).algorithm == "md5"
    assert check_password("Pässword 1", upgraded)
    assert client.post(reverse("login"), {"username": "anna", "password": "Pässword 1"}).status_code == 302


@pytest.mark.django_db
def test_an_account_without_a_password_that_can_be_read_lets_nobody_in(client: Client) -> None:
    user = make_user(username="anna")
    User.objects.filter(pk=user.pk).update(password=make_password(as_stored("rubbish") or None))

    response = client.post(reverse("login"), {"username": "anna", "password": "rubbish"})

    assert response.status_code == 200
    assert not is_password_usable(User.objects.get(pk=user.pk).password)


def test_installations_know_all_of_them_and_make_new_ones_by_djangos_own(settings) -> None:
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS

    assert make_password("secret").startswith("pbkdf2_sha256$")
    for found in FOUND.values():
        assert check_password("Pässword 1", as_stored(found))
