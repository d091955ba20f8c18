from library.models.base import TimeStamped
from library.models.file import VideoFile
from library.models.folder import Folder
from library.models.scan_log import ScanLog
from library.models.settings import LibrarySettings, SettingsRow
from library.models.user import User
from library.models.video import Video

__all__ = ["Folder", "LibrarySettings", "ScanLog", "SettingsRow", "TimeStamped", "User", "Video", "VideoFile"]
