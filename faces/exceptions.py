"""What can go wrong around faces. `permanent` says that trying again without a change can't help."""

from library.exceptions import LibraryError


class NoModelError(LibraryError):
    """There is no pack of models to find faces with, or it can't be used; the text says what helps."""


class NoFaceError(LibraryError):
    """The picture shows no face that is large enough."""


class SeveralFacesError(LibraryError):
    """The picture shows several faces, none of them clearly the largest. `boxes` are left, top, right, bottom in px."""

    def __init__(self, name: str, boxes: list[tuple[float, float, float, float]]) -> None:
        super().__init__(f"{name} shows {len(boxes)} faces and none is clearly the largest. Say which one is meant.")
        self.boxes = boxes


class NamingError(LibraryError):
    """These faces can't be given that name."""


class PackError(LibraryError):
    """A pack of models can't be fetched or chosen; the text says what helps."""


class ClusterError(LibraryError):
    """These unknown people can't be joined, parted or hidden; the text says why."""
