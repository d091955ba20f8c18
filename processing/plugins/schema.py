"""Settings of plugins: the part of JSON Schema that is understood, and values checked by it. Knows no Django."""

from collections.abc import Mapping
from typing import Any

from processing.exceptions import PluginError

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
}
_KNOWN = frozenset(
    {"type", "title", "description", "default", "minimum", "maximum", "maxLength", "enum", "format", "items"}
)


class SettingsError(PluginError):
    """Values that don't fit; `problems` has a sentence for each name."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raises PluginError, with a sentence for the plugin's author, for what isn't understood or contradicts itself."""
    if not schema:
        return
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), Mapping):
        raise PluginError("Its settings schema must be of type object, with properties.")
    for name, rules in schema["properties"].items():
        if not isinstance(rules, Mapping) or rules.get("type") not in _TYPES:
            raise PluginError(f"Its setting {name!r} has no type that is known: use {', '.join(_TYPES)}.")
        if unknown := sorted(set(rules) - _KNOWN):
            raise PluginError(f"Its setting {name!r} uses {unknown[0]!r}, which is not understood.")
        if rules["type"] == "array" and rules.get("items", {}).get("type") != "string":
            raise PluginError(f"Its setting {name!r} is an array of something else than strings.")
        if "default" in rules and (problem := _problem(rules, rules["default"])):
            raise PluginError(f"The default of its setting {name!r} doesn't fit: {problem}")
    if unknown := sorted(set(schema.get("required", ())) - set(schema["properties"])):
        raise PluginError(f"Its settings schema requires {unknown[0]!r}, which it doesn't describe.")


def properties_of(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The rules of each setting, in the schema's order; of a stored one, in that of `order` (see `stored_schema`)."""
    properties = schema.get("properties", {})
    return {name: properties[name] for name in schema.get("order", properties)}


def stored_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema as PostgreSQL may keep it, which forgets the order of names."""
    return {**schema, "order": list(schema["properties"])} if schema else {}


def with_defaults(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What the plugin gets: known settings only, each as it was set if that (still) fits, else as by default."""
    result: dict[str, Any] = {}
    for name, rules in properties_of(schema).items():
        if name in values and not _problem(rules, values[name]):
            result[name] = values[name]
        elif "default" in rules:
            result[name] = rules["default"]
    return result


def clean_settings(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored: none of them unknown, None where nothing is set left out. Raises SettingsError."""
    rules_by_name = properties_of(schema)
    given = {name: value for name, value in values.items() if value is not None}
    problems = {name: "There is no such setting." for name in given if name not in rules_by_name}
    for name in schema.get("required", ()):
        if given.get(name) in (None, "", []) and "default" not in rules_by_name[name]:
            problems[name] = "This has to be set."
    for name, value in given.items():
        if name not in problems and (problem := _problem(rules_by_name[name], value)):
            problems[name] = problem
    if problems:
        raise SettingsError(problems)
    return given


def _problem(rules: Mapping[str, Any], value: Any) -> str:
    """Why the value doesn't fit, in a sentence; empty when it does."""
    kind = rules["type"]
    if not _is_of(kind, value):
        return "Give words only." if isinstance(value, list) and kind == "array" else f"Give a value of type {kind}."
    if "enum" in rules and value not in rules["enum"]:
        return f"Choose one of {', '.join(map(str, rules['enum']))}."
    if "minimum" in rules and value < rules["minimum"]:
        return f"At least {rules['minimum']}."
    if "maximum" in rules and value > rules["maximum"]:
        return f"At most {rules['maximum']}."
    if "maxLength" in rules and len(value) > rules["maxLength"]:
        return f"At most {rules['maxLength']} characters."
    return ""


def _is_of(kind: str, value: Any) -> bool:
    if isinstance(value, list):
        return kind == "array" and all(isinstance(one, str) for one in value)
    # To Python True is a number.
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
