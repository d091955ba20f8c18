"""The library in the admin, and the parts that the other apps' admin pages are made of."""

from django.contrib import admin

from library.admin import sections
from library.admin.audit import AuditEventAdmin
from library.admin.duplicates import DuplicatePairAdmin
from library.admin.files import VideoFileAdmin
from library.admin.folders import FolderAdmin
from library.admin.history import ChangeBatchAdmin
from library.admin.ignored import IgnoredFileAdmin
from library.admin.renames import RenameRunAdmin
from library.admin.rules import RuleAdmin
from library.admin.saved_searches import SavedSearchAdmin
from library.admin.scan_logs import ScanLogAdmin
from library.admin.settings_row import SettingsRowAdmin
from library.admin.suggestions import RejectionAdmin, SuggestionAdmin
from library.admin.tags import TagAdmin
from library.admin.tokens import ApiTokenAdmin
from library.admin.uploads import UploadAdmin
from library.admin.users import GroupAdmin, UserAdmin
from library.admin.videos import VideoAdmin
from library.models import LibrarySettings

__all__ = [
    "ApiTokenAdmin",
    "AuditEventAdmin",
    "ChangeBatchAdmin",
    "DuplicatePairAdmin",
    "FolderAdmin",
    "GroupAdmin",
    "IgnoredFileAdmin",
    "LibrarySettingsAdmin",
    "RejectionAdmin",
    "RenameRunAdmin",
    "RuleAdmin",
    "SavedSearchAdmin",
    "ScanLogAdmin",
    "SuggestionAdmin",
    "TagAdmin",
    "UploadAdmin",
    "UserAdmin",
    "VideoAdmin",
    "VideoFileAdmin",
    "sections",
]


@admin.register(LibrarySettings)
class LibrarySettingsAdmin(SettingsRowAdmin):
    fieldsets = [
        ("Scanning", {"fields": ["scan_interval_minutes", "settle_seconds"]}),
        ("Missing files", {"fields": ["missing_limit_percent", "missing_limit_files"]}),
        ("Trash", {"fields": ["trash_days", "is_trash_kept_on_disk"]}),
        ("Uploads", {"fields": ["upload_days", "upload_margin_gb"]}),
        ("File names", {"fields": ["filename_templates", "is_renaming_allowed", "rename_template"]}),
    ]
