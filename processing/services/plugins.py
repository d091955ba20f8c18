"""What is stored about plugins: which there are, their settings, whether they are switched on and how they are."""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from library.models import User
from library.models.audit import AuditKind
from library.services.audit import record
from processing.models import Plugin
from processing.models.plugin import PluginHealth, PluginState
from processing.plugins.api import Health, HealthStatus
from processing.plugins.enabled import Enabled, enabled_plugins
from processing.plugins.loading import Found, found_plugins
from processing.plugins.schema import clean_settings, properties_of, stored_schema

logger = logging.getLogger(__name__)

_HEALTH_SECONDS = 10.0
_MOST_CHARACTERS = 2000


def sync_plugins() -> int:
    """Brings the rows in line with what is installed; returns how many changed. One query when nothing did.

    New ones are switched on unless they say otherwise. Those that are gone keep their settings and what they found.
    """
    known = {row.name: row for row in Plugin.objects.all()}
    changed = 0
    for found in found_plugins():
        row = known.pop(found.name, None)
        wanted = _columns(found)
        if row is None:
            is_enabled = found.plugin.enabled_by_default if found.plugin else True
            Plugin.objects.get_or_create(name=found.name, defaults={**wanted, "is_enabled": is_enabled})
            changed += 1
        elif any(getattr(row, name) != value for name, value in wanted.items()):
            Plugin.objects.filter(pk=row.pk).update(**wanted)
            changed += 1
    gone = [row.pk for row in known.values() if row.state != PluginState.GONE]
    changed += Plugin.objects.filter(pk__in=gone).update(
        state=PluginState.GONE, error="", health=PluginHealth.UNKNOWN, health_note=""
    )
    return changed


def _columns(found: Found) -> dict[str, Any]:
    if found.plugin is None:
        # What is known from when it worked stays.
        return {"state": PluginState.FAILED, "error": found.error, "package": found.package} | (
            {} if Plugin.objects.filter(name=found.name).exists() else {"title": found.name}
        )
    return {
        "title": found.plugin.title[:100],
        "description": found.plugin.description,
        "version": found.plugin.version[:60],
        "api_version": found.plugin.api_version,
        "package": found.package[:200],
        "capabilities": found.additions.capabilities(),
        "settings_schema": stored_schema(found.plugin.settings_schema),
        "state": PluginState.LOADED,
        "error": "",
    }


def update_plugin(
    *,
    plugin: Plugin,
    is_enabled: bool,
    settings: Mapping[str, Any],
    user: User | None = None,
    request: HttpRequest | None = None,
) -> None:
    """Switches it on or off and stores its settings; the audit log tells which changed, never a password.

    Raises SettingsError, with a sentence for each setting that doesn't fit; nothing is stored then.
    """
    cleaned = clean_settings(plugin.settings_schema, settings)
    rules = properties_of(plugin.settings_schema)
    changed = {
        name: "changed" if rules.get(name, {}).get("format") == "password" else cleaned.get(name)
        for name in {*cleaned, *plugin.settings}
        if cleaned.get(name) != plugin.settings.get(name)
    }
    if not changed and is_enabled == plugin.is_enabled:
        return
    detail: dict[str, Any] = {"settings": changed} if changed else {}
    if is_enabled != plugin.is_enabled:
        detail["is_enabled"] = is_enabled
    with transaction.atomic():
        Plugin.objects.filter(pk=plugin.pk).update(settings=cleaned, is_enabled=is_enabled)
        record(
            kind=AuditKind.SETTINGS_CHANGED, subject=f"Plugin {plugin.title}", detail=detail, user=user, request=request
        )
    plugin.settings, plugin.is_enabled = cleaned, is_enabled


def check_plugins(*, names: list[str] | None = None) -> int:
    """Asks every plugin that is switched on (or only these) how it is, and notes the answers; returns how many.

    Each has ten seconds. Plugins that were installed or removed since are noted first.
    """
    sync_plugins()
    asked = [one for one in enabled_plugins() if names is None or one.found.name in names]
    for one in asked:
        health = _ask(one)
        Plugin.objects.filter(pk=one.row_id).update(
            health=health.status, health_note=health.note[:_MOST_CHARACTERS], health_checked_at=timezone.now()
        )
    return len(asked)


def _ask(one: Enabled) -> Health:
    """In a thread, since nothing can end code of others that hangs; such a thread dies with the process."""
    answers: list[Health] = []

    def ask() -> None:
        try:
            answers.append(_checked(one.plugin.health(one.settings)))
        except Exception as error:
            logger.exception("The plugin %s could not say how it is", one.found.name)
            answers.append(Health(HealthStatus.BAD, f"Asking it failed ({type(error).__name__}: {error})."))
        finally:
            connection.close()

    thread = threading.Thread(target=ask, name=f"health of {one.found.name}", daemon=True)
    thread.start()
    thread.join(_HEALTH_SECONDS)
    return (
        answers[0] if answers else Health(HealthStatus.BAD, f"It gave no answer within {_HEALTH_SECONDS:.0f} seconds.")
    )


def _checked(health: object) -> Health:
    if not isinstance(health, Health) or health.status not in HealthStatus or not isinstance(health.note, str):
        return Health(HealthStatus.BAD, "It answered something that is no Health.")
    return health
