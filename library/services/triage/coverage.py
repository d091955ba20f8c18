"""How much of the library is organised, written down day by day."""

from django.utils import timezone

from library.models import TriageCoverage, User
from library.queries import listed_videos
from library.services.triage.queues import all_queues, videos_in

# Queues that count here ask nothing of whoever looks.
_NOBODY = User()


def record_coverage() -> TriageCoverage:
    """Counts today's rest of every queue that is work left to do. A statement for each, over the whole library: for
    background work, and at most once in a while on a page."""
    left = {queue.key: videos_in(queue, _NOBODY).count() for queue in all_queues() if queue.counts_as_left}
    videos = listed_videos().filter(missing_since=None).count()
    row, _ = TriageCoverage.objects.update_or_create(
        day=timezone.localdate(), defaults={"videos": videos, "left": left}
    )
    return row
