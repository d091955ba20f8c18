"""What a person sees while Videothek starts: a line for each step, then where to look."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_WIDTH = 34


def say(sentence: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """`title ... 0.8 s` when the block ends; at a terminal the title shows while it runs."""
    started = time.monotonic()
    shows_progress = sys.stdout.isatty()
    if shows_progress:
        sys.stdout.write(f"  {title} ...")
        sys.stdout.flush()
    yield
    start = "\r" if shows_progress else ""
    say(f"{start}  {title} {'.' * max(3, _WIDTH - len(title))} {time.monotonic() - started:.1f} s")


def table(rows: list[tuple[str, str]]) -> str:
    """Aligned in two columns, indented."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in rows)
