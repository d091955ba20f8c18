"""What can go wrong while a file is processed. `permanent` says that trying again without a change can't help."""


class ProcessingError(Exception):
    """Base of this app's errors; the text is a sentence for the owner."""

    permanent = True


class StageTimeoutError(ProcessingError):
    """A stage took longer than it may."""

    permanent = False


class UnknownStageError(ProcessingError):
    """A job names a stage that nothing registered."""


class TargetGoneError(ProcessingError):
    """What a job was to work on is not there any more."""


class PluginError(ProcessingError):
    """A plugin is not what it ought to be, or says what can't be used."""


class EnrichingError(ProcessingError):
    """A plugin could not look for facts."""

    permanent = False


class WorkerUnfitError(ProcessingError):
    """This machine can't work for the library as it is."""


class FolderAwayError(ProcessingError):
    """A folder can't be reached from this machine right now, so nothing can be said of its files."""

    permanent = False


class StorageUnavailableError(ProcessingError):
    """The bucket of derived files doesn't answer, or refuses."""

    permanent = False
