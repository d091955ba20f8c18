"""What can go wrong while a file is processed. `permanent` says that trying again without a change can't help."""


class ProcessingError(Exception):
    """Base of this app's errors; the text is a sentence for the owner."""

    permanent = True


class StageTimeoutError(ProcessingError):
    """A stage took longer than it may."""

    permanent = False


class CrewLostError(ProcessingError):
    """The worker processes of a command die one after the other."""

    permanent = False


class UnknownStageError(ProcessingError):
    """A job names a stage that nothing registered."""


class TargetGoneError(ProcessingError):
    """What a job was to work on is not there any more."""


class CronError(ProcessingError):
    """A text that is no set time."""


class StageConfigError(ProcessingError):
    """Settings of a stage that can't be: a circle, a stage that isn't there, a trigger that isn't its own."""


class FileUnreadableError(ProcessingError):
    """A disk doesn't give all of a file; it may, once it is connected again."""

    permanent = False


class ConversionRefusedError(ProcessingError):
    """What was asked to be converted can't be, or not now; nothing was begun."""


class NoProgramError(ProcessingError):
    """There is no FFmpeg program."""


class NoPlaceError(ProcessingError):
    """No folder takes the output of a conversion."""

    permanent = False


class PluginError(ProcessingError):
    """A plugin is not what it ought to be, or says what can't be used."""


class EnrichingError(ProcessingError):
    """A plugin could not look for facts."""

    permanent = False


class NoRoomError(ProcessingError):
    """The disk for the output is too full; another attempt may find room."""

    permanent = False


class WorkerUnfitError(ProcessingError):
    """This machine can't work for the library as it is."""


class FolderAwayError(ProcessingError):
    """A folder can't be reached from this machine right now, so nothing can be said of its files."""

    permanent = False


class StorageUnavailableError(ProcessingError):
    """The bucket of derived files doesn't answer, or refuses."""

    permanent = False
