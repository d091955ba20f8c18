"""The garbage collector of the web processes."""

import gc

from django.urls import get_resolver

# Python's own are 700, 10 and 10: in a page of a few thousand objects it looked through young ones dozens of times.
_YOUNG, _MIDDLE, _OLD = 20_000, 20, 20


def settle() -> None:
    """Loads the pages' code, and takes all that is loaded out of the collector's sight. Sends no SQL.

    What a process has loaded, some hundred thousand objects, stays until it ends. The collector went through all of
    them every few pages, 100 ms at a time, and found nothing; where a process forks, it wrote to memory that both
    would else share. Called by gunicorn before it forks, and by the bench, which stands for such a process.
    """
    # The first request would import the views, and more with them.
    get_resolver()._populate()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
