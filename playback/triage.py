"""The queue of videos without stars of one's own. Loaded when Django starts."""

from library.services.triage.queues import Queue, by_filter, register_queue

register_queue(
    Queue("without-rating", "Without stars", "Give them stars", by_filter({"facet": "rating", "op": "empty"}), 30)
)
