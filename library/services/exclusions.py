"""Patterns of paths that a folder's scans leave out. Knows no database and no file system."""

import re
from collections.abc import Callable, Sequence


def exclusion_of(globs: Sequence[str]) -> Callable[[str], bool] | None:
    """Whether a path below the folder (stored form) is left out, itself or for a folder above it; None without globs.

    `*` and `?` stay within one name, `[abc]` is one of these, `**` is any number of folders. A pattern without a slash
    is for names anywhere; one with a slash counts from the folder's root. Case doesn't count.
    """
    parts = [_expression(glob) for glob in globs if glob.strip().strip("/")]
    if not parts:
        return None
    # What lies below an excluded folder is excluded with it.
    expression = re.compile(f"(?:{'|'.join(parts)})(?:/.*)?", re.IGNORECASE | re.DOTALL)
    return lambda path: expression.fullmatch(path) is not None


def _expression(glob: str) -> str:
    glob = glob.strip()
    is_anywhere = "/" not in glob.rstrip("/")
    glob = glob.strip("/")
    # "Extras/**" is all that lies in Extras, so the folder itself needn't be listed.
    while glob.endswith("/**"):
        glob = glob[:-3]
    expression = _translate(glob)
    try:
        re.compile(expression)
    except re.error:
        # A set that is none, [z-a] say, stands for itself.
        expression = re.escape(glob)
    return ("(?:.*/)?" if is_anywhere else "") + expression


def _translate(glob: str) -> str:
    result, at = "", 0
    while at < len(glob):
        if glob.startswith("**/", at):
            result, at = result + "(?:.*/)?", at + 3
        elif glob.startswith("**", at):
            result, at = result + ".*", at + 2
        elif glob[at] == "[" and (end := glob.find("]", at + 2)) > 0:
            inner = glob[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            negated = inner[0] in "!^"
            result += f"(?!/)[{'^' if negated else ''}{inner[1:] if negated else inner}]"
            at = end + 1
        else:
            result, at = result + {"*": "[^/]*", "?": "[^/]"}.get(glob[at], re.escape(glob[at])), at + 1
    return result
