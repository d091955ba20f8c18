"""How static files are stored once they are collected."""

from typing import Any

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_MODULES = HashedFilesMixin._js_module_import_aggregation_patterns[1]


class HashedModulesStorage(CompressedManifestStaticFilesStorage):
    """Names carry a digest of the content, in the imports of our own JavaScript modules too: a module that changed has
    another address, so no browser mixes an old one with new ones. Vendored scripts stay as they are.
    """

    patterns: Any = (*HashedFilesMixin.patterns, ("videothek/js/*.js", _MODULES))
