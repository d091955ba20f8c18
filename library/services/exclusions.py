"""Patterns of paths that a folder's scans leave out. Knows no database and no file system."""

import re
from collections.abc import Callable, Sequence

Rule = Callable[[str], bool]
# Rules that plugins bring.
_more_rules: Sequence[Rule] = ()


def use_more_exclusions(rules: Sequence[Rule]) -> None:
    """From now on these rules count for every folder too, instead of those given before. They see stored paths."""
    global _more_rules
    _more_rules = tuple(rules)


def exclusion_of(globs: Sequence[str]) -> Rule | None:
    """Whether a path below the folder (stored form) is left out, itself or for a folder above it; None: nothing is.

    `*` and `?` stay within one name, `[abc]` is one of these, `**` is any number of folders. A pattern without a slash
    is for names anywhere; one with a slash counts from the folder's root. Case doesn't count.
    """
    parts = [_expression(glob) for glob in globs if glob.strip().strip("/")]
    rules = list(_more_rules)
    if parts:
        # What lies below an excluded folder is excluded with it.
        expression = re.compile(f"(?:{'|'.join(parts)})(?:/.*)?", re.IGNORECASE | re.DOTALL)
        rules.insert(0, lambda path: expression.fullmatch(path) is not None)
    if len(rules) < 2:
        return rules[0] if rules else None
    return lambda path: any(rule(path) for rule in rules)


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
