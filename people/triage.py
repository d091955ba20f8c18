"""Queues of videos about which nobody said who is in them and who made them. Loaded when Django starts."""

from library.services.triage.queues import Queue, by_filter, register_queue

_NO_PERSON = by_filter({"facet": "creator", "op": "empty"})
_NO_STUDIO = by_filter({"facet": "studio", "op": "empty"})

register_queue(
    Queue("without-people", "Without people", "Say who is in them", _NO_PERSON, 5, True),
    Queue("without-studio", "Without studio", "Say who made them", _NO_STUDIO, 20, True),
)
