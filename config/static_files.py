"""How static files are stored once they are collected."""

from typing import Any

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

# import { x } from "./player/x.js"; Django's own patterns for this would also look into what others wrote.
_IMPORT = (r"""(?P<matched>\bfrom "(?P<url>\./[\w./-]+\.js)")""", 'from "%(url)s"')


class HashedModulesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names carry a digest of the content, in the imports of our own JavaScript modules too: a module that changed has
    another address, so no browser mixes an old one with new ones. Vendored scripts stay as they are.
    """

    patterns: Any = (*HashedFilesMixin.patterns, ("videothek/js/*.js", (_IMPORT,)))
