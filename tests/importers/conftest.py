"""What every test of the importers has: the system in memory, and an owner."""

import pytest

from library.models import User
from tests.importers import memory
from tests.library.factories import make_user


@pytest.fixture(autouse=True)
def memory_system() -> None:
    memory.register()


@pytest.fixture
def owner(db: None) -> User:
    return make_user(username="owner", is_superuser=True)
