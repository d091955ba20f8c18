"""Queues of videos about which nobody said who is in them and who made them. Loaded when Django starts."""

from library.services.triage.queues import Queue, by_filter, register_queue

register_queue(
    Queue(
        "without-people", "Without people", "Say who is in them", by_filter({"facet": "creator", "op": "empty"}), 5, True
    ),
    Queue(
        "without-studio", "Without studio", "Say who made them", by_filter({"facet": "studio", "op": "empty"}), 20, True
    ),
)
