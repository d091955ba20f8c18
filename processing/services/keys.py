"""Input keys: digests of what a stage works on, computed by the database for one target or for all."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import MD5, Concat

from processing.stages import Stage

_HOW_CHARACTERS = 16


def with_keys(stage: Stage, params: dict[str, Any] | None = None) -> QuerySet[Any] | None:
    """The stage's targets with their present key as `input_key`, 32 hexadecimal digits; None when it has no input.

    It is over the stage's name and version, the settings that count, the job's parameters and the content. Nothing is
    read of the targets until the query is evaluated; the settings are.
    """
    if stage.input_of is None:
        return None
    depends = stage.input_of()
    parts = [stage.name, stage.version, depends.parameters, params or {}]
    text = json.dumps(parts, sort_keys=True, default=str)
    how = hashlib.blake2b(text.encode(), digest_size=_HOW_CHARACTERS // 2).hexdigest()
    key = MD5(Concat(Value(f"{how}:"), depends.fingerprint, output_field=CharField()))
    rows: QuerySet[Any] = depends.targets.annotate(input_key=key)
    return rows


def keys_of(stage: Stage, target_ids: Iterable[int], params: dict[str, Any] | None = None) -> dict[int, str]:
    """Present keys by target; targets that the stage isn't for, and all of a stage without input, are left out."""
    rows = with_keys(stage, params)
    if rows is None:
        return {}
    return dict(rows.filter(pk__in=list(target_ids)).order_by().values_list("pk", "input_key"))


def key_of(stage: Stage, target_id: int, params: dict[str, Any] | None = None) -> str:
    """The target's present key; empty when the stage has no input. One query, none without input."""
    return keys_of(stage, [target_id], params).get(target_id, "")
