"""The port through which the library hands work to whoever runs jobs; processing fills it in when Django starts."""

from collections.abc import Callable

# (name of the work, id of the row it is about, id of who asked for it)
Submit = Callable[[str, int, int | None], None]

_submit: list[Submit] = []


def provide_background(submit: Submit) -> None:
    """Makes `submit` what `submit_background` calls; a second one takes the first one's place."""
    _submit[:] = [submit]


def submit_background(name: str, subject_id: int, *, requested_by_id: int | None = None) -> None:
    """Has the work of that name done on a row, soon and by another process; the caller's transaction decides whether.

    Work that waits for that row already isn't asked for twice. Raises RuntimeError where nothing runs jobs.
    """
    if not _submit:
        raise RuntimeError(f"Nothing here does {name!r} in the background.")
    _submit[0](name, subject_id, requested_by_id)
