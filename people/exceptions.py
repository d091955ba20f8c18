"""What can go wrong with people and studios. `permanent` says that trying again without a change can't help."""

from collections.abc import Sequence

from people.models import Creator, Studio


class PeopleError(Exception):
    """Base of this app's errors; the text is a sentence for the owner."""

    permanent = True


class AmbiguousNameError(PeopleError):
    """Several go by that name: `candidates`. Nobody is guessed."""

    def __init__(self, name: str, candidates: Sequence[Creator] | Sequence[Studio]) -> None:
        listed = ", ".join(str(one) for one in candidates[:5])
        super().__init__(f"“{name}” is a name of several: {listed}. Say which one is meant.")
        self.candidates = list(candidates)
