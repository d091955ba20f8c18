from library.services.files import FileFacts, fail_file, finish_file, record_facts
from library.services.folders import FolderTarget, find_or_register_folder, register_folder, remove_folder
from library.services.purge import empty_trash, purge_due
from library.services.scan import scan_folder
from library.services.signatures import record_signature

__all__ = [
    "FileFacts",
    "FolderTarget",
    "empty_trash",
    "fail_file",
    "find_or_register_folder",
    "finish_file",
    "purge_due",
    "record_facts",
    "record_signature",
    "register_folder",
    "remove_folder",
    "scan_folder",
]
