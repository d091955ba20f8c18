"""The first account, so that somebody can log in to a fresh installation."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from config import paths
from config.embedded.errors import StackError


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """How to log in for the first time; `password` is None when it isn't ours to show."""

    username: str
    password: str | None
    is_new: bool


def first_login_file() -> Path:
    """Keeps a generated password, mode 0600, until it is changed: a lost terminal is no lost account."""
    return paths.secrets() / "first-login"


def ensure_owner() -> FirstLogin | None:
    """Makes the first administrator when there is none; None when people have accounts and know their passwords.

    The name and password come from VIDEOTHEK_ADMIN_USER and VIDEOTHEK_ADMIN_PASSWORD; without the latter one is
    made up and kept in `first_login_file`. The caller holds `migration_lock`.
    """
    users = get_user_model()._default_manager
    if users.filter(is_superuser=True, is_active=True).exists():
        return _still_first()
    name = settings.ADMIN_USER
    if users.filter(username__iexact=name).exists():
        raise StackError(
            f"There is no administrator, and {name!r} is an account without those rights. Set VIDEOTHEK_ADMIN_USER to "
            "another name and start again."
        )
    generated = None if settings.ADMIN_PASSWORD else secrets.token_urlsafe(9)
    users.create_superuser(username=name, email=settings.ADMIN_EMAIL, password=generated or settings.ADMIN_PASSWORD)
    if generated:
        _keep(name, generated)
    return FirstLogin(name, generated, is_new=True)


def _keep(name: str, password: str) -> None:
    path = first_login_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"{name}\n{password}\n")


def _still_first() -> FirstLogin | None:
    """The generated password while it is still the one; its file is removed once somebody has changed it."""
    path = first_login_file()
    try:
        name, password = path.read_text().split("\n")[:2]
    except (OSError, ValueError):
        return None
    user = get_user_model()._default_manager.filter(username=name).first()
    if user is not None and user.check_password(password):
        return FirstLogin(name, password, is_new=False)
    path.unlink(missing_ok=True)
    return None
