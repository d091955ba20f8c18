"""How many shared videos are sent at once: to everybody, and to one address."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from playback.exceptions import TooManyStreamsError
from playback.models import PlaybackSettings, SharedStream

# A stream of which nothing was asked for so long is over: players fetch ahead, and then pause for a while.
OVER_AFTER = timedelta(seconds=30)
# How exactly it is known when something was last asked for: a statement that writes, at most so often.
_NOTED_EVERY = timedelta(seconds=5)
# PostgreSQL's advisory lock for "a stream begins", so that two can't both take the last place.
_LOCK = (7_310, 0)


def claim_stream(*, address: str, subject: str) -> None:
    """Counts a request for `subject` by `address` ("" for none). Raises TooManyStreamsError when there is no place.

    Who is being sent it already keeps the place; that costs one statement, and writes at most every five seconds.
    """
    now = timezone.now()
    mine = SharedStream.objects.filter(address=address, subject=subject, last_asked_at__gt=now - OVER_AFTER)
    last = mine.values_list("last_asked_at", flat=True).first()
    if last is not None and now - last < _NOTED_EVERY:
        return
    if last is not None and mine.update(last_asked_at=now):
        return
    limits = PlaybackSettings.load()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
        SharedStream.objects.filter(last_asked_at__lte=now - OVER_AFTER).delete()
        others = SharedStream.objects.exclude(address=address, subject=subject)
        here = others.filter(address=address).count()
        if here >= limits.share_streams_per_address or others.count() >= limits.share_streams:
            raise TooManyStreamsError(int(OVER_AFTER.total_seconds()))
        SharedStream.objects.update_or_create(address=address, subject=subject, defaults={"last_asked_at": now})
