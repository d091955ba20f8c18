"""Somebody watches: heavy work makes room while a lease is held.

Whoever plays videos takes a lease for each one who watches and renews it while they do; what it needs not know is
which stages are heavy. A lease that is not renewed runs out, so a browser that was closed holds nothing up for long.
"""

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from processing.models import DemandLease
from processing.services.bell import ring_on_commit

DEMAND_SECONDS = 30.0

# Renewed often by each one who watches: one statement, and none where it was renewed a moment ago.
_HOLD = """
INSERT INTO processing_demandlease (holder, expires_at) VALUES (%(holder)s, statement_timestamp() + %(for)s::interval)
ON CONFLICT (holder) DO UPDATE SET expires_at = EXCLUDED.expires_at
 WHERE processing_demandlease.expires_at < EXCLUDED.expires_at - %(for)s::interval / 4
"""


def hold_demand(*, holder: str, seconds: float = DEMAND_SECONDS) -> None:
    """Takes or renews the lease of a holder (at most 100 characters, "session 4711", say) from now for so long."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, {"holder": holder[:100], "for": f"{seconds} seconds"})


def release_demand(*, holder: str) -> bool:
    """Gives the lease back; whether there was one. Work that made room begins again at once."""
    released = bool(DemandLease.objects.filter(holder=holder[:100]).delete()[0])
    if released and not is_demanded():
        for queue in settings.QUEUES:
            ring_on_commit(queue)
    return released


def is_demanded() -> bool:
    """Whether anybody holds a lease that has not run out. One query of a few rows."""
    return DemandLease.objects.filter(expires_at__gt=Now()).exists()


def forget_old_demand() -> int:
    """Removes leases that ran out; returns how many."""
    return DemandLease.objects.filter(expires_at__lte=Now()).delete()[0]
