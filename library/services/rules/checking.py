"""What a rule may say, and saying it in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from library.exceptions import RuleError
from library.folding import fold
from library.models import Folder, Rule
from library.models.names import clean_name
from library.models.rule import RuleKind
from library.services.rules.patterns import read_pattern
from library.services.suggesting.targets import all_targets, get_target, labels_of

_MOST_PARTS = 30
_LONGEST = 300

TEXT, NUMBER, WORD, FOLDER, LINK = "text", "number", "word", "folder", "link"


@dataclass(frozen=True, slots=True)
class Field:
    """What a condition can ask. `unit` is what its number is in; `factor` makes ours of what people type."""

    key: str
    label: str
    kind: str
    unit: str = ""
    factor: float = 1.0


_OPERATORS = {
    TEXT: {"words": "has the words", "matches": "matches the expression", "begins": "begins with"},
    NUMBER: {"at_least": "is at least", "at_most": "is at most", "is": "is"},
    WORD: {"is": "is", "is_not": "is not"},
    FOLDER: {"is": "is"},
    LINK: {"has": "has", "has_not": "has not"},
}
FIELDS = {
    field.key: field
    for field in (
        Field("path", "The path", TEXT),
        Field("name", "The file name", TEXT),
        Field("folder_name", "A folder's name", WORD),
        Field("title", "The title", TEXT),
        Field("folder", "The library folder", FOLDER),
        Field("duration_seconds", "The length", NUMBER, "minutes", 60),
        Field("size_bytes", "The size", NUMBER, "MB", 1_000_000),
        Field("width", "The width", NUMBER, "px"),
        Field("height", "The height", NUMBER, "px"),
        Field("frame_rate", "The frame rate", NUMBER, "per second"),
        Field("bit_rate", "The bit rate", NUMBER, "kbit/s", 1000),
        Field("video_codec", "The codec", WORD),
        Field("audio_codec", "The sound's codec", WORD),
        Field("container", "The container", WORD),
        Field("tag", "Its tags", LINK),
        Field("creator", "Its people", LINK),
        Field("studio", "Its studios", LINK),
    )
}
_OF_PATHS = ("path", "name", "folder_name", "folder")


def operators_of(field: Field) -> dict[str, str]:
    """What can be said about the field, in words."""
    return _OPERATORS[field.kind]


def check_rule(rule: Rule) -> None:
    """Brings conditions and actions into their stored form. Raises RuleError with a sentence."""
    rule.name = clean_name(rule.name)
    if not rule.name:
        raise RuleError("Give the rule a name.")
    rule.conditions = [_condition(one) for one in _parts(rule.conditions, "conditions")]
    rule.actions = [_action(one) for one in _parts(rule.actions, "actions")]
    if not rule.actions:
        raise RuleError("Say what the rule puts on the videos.")
    fields = {one["field"] for one in rule.conditions}
    if rule.kind != RuleKind.MANUAL and not fields:
        raise RuleError("Give at least one condition: a rule without any would meet every video.")
    if rule.kind == RuleKind.PATH and not fields & set(_OF_PATHS):
        raise RuleError("A rule by path has a condition about the path.")
    captures = {name for one in rule.conditions for name in captures_of(one)}
    for action in rule.actions:
        wanted = action.get("capture")
        if wanted and wanted not in captures:
            raise RuleError(f"No expression has a part named {wanted}: write (?P<{wanted}>...) around it.")
        if wanted and rule.is_any:
            raise RuleError("What takes a part of the path needs all conditions to be met.")


def captures_of(condition: Mapping[str, Any]) -> list[str]:
    """Names of the parts that a condition's expression finds."""
    if condition.get("operator") != "matches":
        return []
    return list(read_pattern(str(condition.get("value", ""))).groups.values())


def _parts(given: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise RuleError(f"The {what} are a list of objects.")
    if len(given) > _MOST_PARTS:
        raise RuleError(f"A rule has at most {_MOST_PARTS} {what}.")
    return given


def _condition(given: Mapping[str, Any]) -> dict[str, Any]:
    field = FIELDS.get(str(given.get("field")))
    if field is None:
        raise RuleError(f"There is nothing called {given.get('field')!r} to ask about.")
    operator, value = str(given.get("operator")), given.get("value")
    if operator not in operators_of(field):
        raise RuleError(f"{field.label} can't be asked with {operator!r}.")
    return {"field": field.key, "operator": operator, "value": _value(field, operator, value)}


def _value(field: Field, operator: str, value: Any) -> Any:
    if field.kind == NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
            raise RuleError(f"{field.label} is compared with a number.")
        return value
    if field.kind in (FOLDER, LINK):
        if isinstance(value, bool) or not isinstance(value, int):
            raise RuleError(f"{field.label}: say which one.")
        is_known = (
            Folder.objects.filter(pk=value).exists()
            if field.kind == FOLDER
            else bool(field.key in {target.kind for target in all_targets()} and get_target(field.key).labels([value]))
        )
        if not is_known:
            raise RuleError(f"{field.label}: what was chosen is gone or lies in the trash.")
        return value
    if not isinstance(value, str) or not value.strip() or len(value) > 2 * _LONGEST or "\0" in value:
        raise RuleError(f"{field.label}: say what it is compared with.")
    if operator == "matches":
        read_pattern(value)
    elif operator == "words" and not fold(value):
        raise RuleError(f"{field.label}: “{value}” has no letters.")
    return value if operator == "matches" else value.strip()


def _action(given: Mapping[str, Any]) -> dict[str, Any]:
    kinds = [target.kind for target in all_targets()]
    kind, do = given.get("kind"), given.get("do", "add")
    if kind not in kinds:
        raise RuleError(f"A rule can put {', '.join(kinds)} on videos, not {kind!r}.")
    if do not in ("add", "remove"):
        raise RuleError("An action adds or removes.")
    named = [key for key in ("id", "name", "capture") if given.get(key)]
    if len(named) != 1:
        raise RuleError("An action says either which one, or a name, or a part of the path.")
    key, value = named[0], given[named[0]]
    if key == "id":
        if not isinstance(value, int) or not get_target(str(kind)).labels([value]):
            raise RuleError("What the rule puts on videos is gone or lies in the trash. Choose again.")
        return {"do": do, "kind": kind, "id": value}
    if do == "remove":
        raise RuleError("What is to be removed has to be chosen.")
    text = clean_name(str(value))
    if not text or len(text) > 100:
        raise RuleError("Give a name of 1 to 100 characters.")
    return {"do": do, "kind": kind, key: text}


def say_rule(rules: Iterable[Rule]) -> dict[int, tuple[list[str], list[str]]]:
    """(conditions, actions) of each in words. A few queries, whatever their number."""
    listed = list(rules)
    wanted = {(a["kind"], a["id"]) for rule in listed for a in rule.actions if "id" in a}
    wanted |= {(c["field"], c["value"]) for rule in listed for c in rule.conditions if FIELDS[c["field"]].kind == LINK}
    labels = labels_of(wanted)
    folders = dict(Folder.objects.values_list("pk", "name")[:500])
    return {
        rule.pk: (
            [_say_condition(one, labels, folders) for one in rule.conditions],
            [_say_action(one, labels) for one in rule.actions],
        )
        for rule in listed
    }


def _say_condition(one: Mapping[str, Any], labels: Mapping[tuple[str, int], str], folders: Mapping[int, str]) -> str:
    field = FIELDS[one["field"]]
    value = one["value"]
    if field.kind == LINK:
        shown = labels.get((field.key, value), "what is gone")
    elif field.kind == FOLDER:
        shown = folders.get(value, "what is gone")
    elif field.kind == NUMBER:
        shown = f"{value / field.factor:g} {field.unit}".strip()
    else:
        shown = f"“{value}”"
    return f"{field.label} {operators_of(field)[one['operator']]} {shown}"


def _say_action(one: Mapping[str, Any], labels: Mapping[tuple[str, int], str]) -> str:
    noun = get_target(one["kind"]).links.one
    verb = "Add" if one["do"] == "add" else "Remove"
    if "id" in one:
        return f"{verb} the {noun} {labels.get((one['kind'], one['id']), 'that is gone')}"
    if "capture" in one:
        return f"{verb} the {noun} named in the path ({one['capture']})"
    return f"{verb} the {noun} {one['name']}"
