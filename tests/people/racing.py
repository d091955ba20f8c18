"""Two moves at once."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import IntegrityError, connection, transaction

from library.exceptions import TreeError


def move_at_once(make: Callable[[], Any], move: Callable[[Any, Any], object]) -> list[Exception]:
    """Two transactions, each of which moves one row below the other, committed after both have moved; their errors."""
    one, two = make(), make()
    both_moved = threading.Barrier(2)
    errors: list[Exception] = []

    def work(row: Any, parent: Any) -> None:
        try:
            with transaction.atomic():
                move(row, parent)
                # Broken where the other one waits for a lock that this one holds.
                with suppress(threading.BrokenBarrierError):
                    both_moved.wait(timeout=1)
        except (TreeError, IntegrityError) as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors
