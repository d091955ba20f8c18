"""Results of looks over the whole library, which one process makes and others show."""

from datetime import datetime
from typing import Any

from library.models import KeptResult


def keep_result(key: str, value: Any) -> None:
    """`value` is what JSON takes, or a datetime; it takes the place of an earlier one."""
    stored = value.isoformat() if isinstance(value, datetime) else value
    KeptResult.objects.update_or_create(key=key, defaults={"value": stored})


def kept_result(key: str) -> Any:
    """None where nothing was kept. One query."""
    return KeptResult.objects.filter(key=key).values_list("value", flat=True).first()


def kept_time(key: str) -> datetime | None:
    """Of a datetime that was kept."""
    value = kept_result(key)
    return datetime.fromisoformat(value) if value else None
