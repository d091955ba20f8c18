from playback.services.watching import OpenedFile, open_file, record_position

__all__ = ["OpenedFile", "open_file", "record_position"]
