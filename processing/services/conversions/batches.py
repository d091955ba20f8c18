"""Many conversions at once: a draft, looked at and then confirmed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from processing.exceptions import ConversionRefusedError
from processing.models import ConversionBatch, Preset
from processing.services.conversions.request import MOST_AT_ONCE, Requested, request_conversions

_DRAFT_LIFE = timedelta(days=1)


def begin_batch(*, video_ids: Sequence[int], user: Any, preset: Preset | None = None) -> ConversionBatch:
    """A draft for these videos; forgotten drafts go. Raises ConversionRefusedError for none and for too many."""
    ids = sorted(set(video_ids))
    if not ids:
        raise ConversionRefusedError("Choose at least one video.")
    if len(ids) > MOST_AT_ONCE:
        raise ConversionRefusedError(f"{MOST_AT_ONCE:,} videos at most can be converted at once; choose fewer.")
    ConversionBatch.objects.filter(confirmed_at=None, updated_at__lt=timezone.now() - _DRAFT_LIFE).delete()
    return ConversionBatch.objects.create(user=user, video_ids=ids, preset=preset)


def confirm_batch(*, batch: ConversionBatch, preset: Preset, is_replacing: bool, user: Any) -> Requested | None:
    """Asks for the conversions; None when the draft was confirmed already (a second press of the button).

    Raises ConversionRefusedError as `request_conversions` does; the draft stays one then.
    """
    with transaction.atomic():
        draft = ConversionBatch.objects.filter(pk=batch.pk, confirmed_at=None)
        if not draft.update(confirmed_at=timezone.now(), preset=preset, is_replacing=is_replacing):
            return None
        return request_conversions(
            preset=preset, video_ids=batch.video_ids, is_replacing=is_replacing, user=user, batch=batch
        )
