"""What tests of importers share."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from importers import registry
from library.models import User
from tests.importers.pages.pretend import Pretend


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Pretend:
    system = Pretend()
    monkeypatch.setitem(registry._systems, system.name, system)
    return system


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    settings.VIDEOTHEK_HOME = tmp_path
    return tmp_path


@pytest.fixture
def owner(client: Client) -> User:
    owner = User.objects.create_superuser("owner")
    client.force_login(owner)
    return owner
