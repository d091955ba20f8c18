"""What other systems found out about files and videos. What was found here stays."""

import re
from collections.abc import Mapping, Sequence

from importers.kinds.base import Kind, Policy, Prepared
from importers.models import ImportRun
from processing.models import IntegrityFinding, Plugin, PluginMetadata
from processing.models.plugin import PluginState

_NAME_CHARACTERS = 40


class IntegrityFindingKind(Kind):
    name = "processing.integrityfinding"
    model = IntegrityFinding
    natural_key = ("file", "kind", "code")
    required = ("kind", "code", "severity", "sentence")
    default_policy = Policy.OURS


class PluginKind(Kind):
    """Its program doesn't run here, so it is known as one that isn't installed. One of the same name that is installed
    keeps what it says of itself."""

    name = "processing.plugin"
    model = Plugin
    natural_key = ("name",)
    required = ("name",)
    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            values = record.values
            shown = str(values.get("title") or values.get("name") or "")
            values["name"] = re.sub(r"[^A-Za-z0-9_-]+", "-", str(values.get("name") or "")).strip("-")[
                :_NAME_CHARACTERS
            ]
            values["title"] = shown[:100]
            values.setdefault("state", PluginState.GONE.value)
            values["error"] = ""
        return {}


class PluginMetadataKind(Kind):
    name = "processing.pluginmetadata"
    model = PluginMetadata
    natural_key = ("video", "plugin", "field", "value")
    required = ("field", "value", "fetched_at")
    policies = {"confidence": Policy.OURS, "source": Policy.OURS, "fetched_at": Policy.OURS}

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            confidence = record.values.get("confidence")
            record.values["confidence"] = min(max(float(1 if confidence is None else confidence), 0.0), 1.0)
            if record.values.get("fetched_at") is None:
                record.values["fetched_at"] = record.values.get("created_at")
        return {}
