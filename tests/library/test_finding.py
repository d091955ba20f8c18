"""Names that may be meant by another."""

import random

from library.services.finding import resembling


def _misspelt(name: str, rng: random.Random) -> str:
    """The name with a letter added, dropped, changed or swapped with the next."""
    at = rng.randrange(len(name) - 1)
    other = rng.choice("abcde")
    return name[:at] + rng.choice([other + name[at:], name[at + 1 :], other + name[at + 1 :],
                                   name[at + 1] + name[at] + name[at + 2 :]])  # fmt: skip


def test_two_letters_may_differ_wherever_they_stand() -> None:
    rng = random.Random(7)
    for _ in range(2_000):
        halves = ["".join(rng.choice("abcde") for _ in range(rng.randrange(4, 9))) for _ in range(2)]
        name, other = "".join(halves), "".join(_misspelt(half, rng) for half in halves)

        assert resembling(name, [(1, other)]) == [1], (name, other)


def test_names_without_a_part_in_common_do_not_resemble() -> None:
    assert resembling("abcdefghij", [(1, "jihgfedcba"), (2, "abcdefghi")]) == [2]
