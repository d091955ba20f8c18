"""What can go wrong with faces. `permanent` says that trying again without a change can't help."""


class FaceError(Exception):
    """Base of the errors of this package; the text is a sentence for the owner."""

    permanent = True


class ModelMissingError(FaceError):
    """There is no usable pack of models; the text says where it ought to lie and how it gets there."""


class ModelBrokenError(FaceError):
    """The pack's files are there, but can't be loaded or do something else than detecting and describing faces."""
