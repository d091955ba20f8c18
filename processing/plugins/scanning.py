"""What plugins say about which files scans take. Loaded when Django starts."""

import logging
from collections.abc import Callable

from library.media_types import use_more_types
from library.paths import decode_path
from library.services.exclusions import use_more_exclusions
from library.services.scan import before_scan
from processing.plugins.api import Scanner, Settings
from processing.plugins.enabled import scanners

logger = logging.getLogger(__name__)


def apply_scanners() -> None:
    """Has scans of this process follow the plugins that are switched on now. One query; none without such plugins."""
    types: dict[str, str] = {}
    rules: list[Callable[[str], bool]] = []
    for enabled, scanner in scanners():
        types |= scanner.types
        if scanner.leaves_out is not None:
            rules.append(_rule(scanner, scanner.leaves_out, enabled.settings))
    use_more_types(types)
    use_more_exclusions(rules)


def _rule(scanner: Scanner, leaves_out: Callable[[str, Settings], bool], settings: Settings) -> Callable[[str], bool]:
    """The plugin's function for stored paths. Once it has failed it leaves out nothing and isn't asked again."""
    is_broken = False

    def rule(path: str) -> bool:
        nonlocal is_broken
        if is_broken:
            return False
        try:
            return bool(leaves_out(decode_path(path), settings))
        except Exception:
            is_broken = True
            logger.exception("The scanner %s of a plugin failed and is not asked again in this scan", scanner.name)
            return False

    return rule


before_scan(apply_scanners)
