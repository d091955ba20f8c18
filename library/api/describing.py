"""How endpoints describe themselves in the schema, so that a view needs to say little and nothing twice."""

import re
from typing import Any

from django.apps import apps
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import BaseSerializer

from library.api.pages import PAGE_PARAMETERS, paged
from library.api.permissions import only_reads, permissions_for

_OURS = ("library", "people", "processing", "faces", "playback", "stats", "importers")
_ERRORS = {
    "400": "What was sent can't be used; the sentences say why, by field or as `detail`.",
    "401": "Nobody is logged in, or the token doesn't count.",
    "403": "The role or the token does not allow this.",
    "404": "There is no such thing, or it is not shown to you.",
    "409": "Somebody changed it meanwhile, or something else stands in the way.",
    "428": "`If-Match` is missing.",
    "429": "Too many requests; `Retry-After` says for how many seconds.",
}
_VERSION = "The `ETag` that was read; `*` overwrites."
_NULLS = ("", None)


class Description(AutoSchema):
    """An operation is called by its view's class and method (`video_cover_post`), which don't change with its address.

    The docstring of the method, else of the view, describes it, followed by the permissions that it needs. Views with
    `is_list` answer GET with pages of their `serializer_class`; those with `has_version` check it before they change.
    """

    def get_operation_id(self) -> str:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self.view).__name__).lower()
        return f"{name}_{self.method.lower()}"

    def get_description(self) -> str:  # type: ignore[override]
        said = super().get_description().strip()
        wanted = permissions_for(self.view, self.method)
        need = ", ".join(f"`{one}`" for one in wanted or ()) or "an account"
        reads = " Tokens that may only look may use it." if only_reads(self.view, self.method) else ""
        return f"{said}\n\nNeeds {need}.{reads}".strip()

    def get_summary(self) -> str:
        # Of the first sentence the part that fits into a line.
        said = " ".join(super().get_description().split("\n\n")[0].split())
        return re.split(r"[.:;](?:\s|$)", said)[0][:110]

    def get_response_serializers(self) -> Any:
        serializer = super().get_response_serializers()
        if self.method == "GET" and getattr(self.view, "is_list", False):
            return paged(serializer)
        return serializer

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        if self.method == "GET" and _is_page(self.get_response_serializers()):
            parameters += PAGE_PARAMETERS
        if getattr(self.view, "has_version", False) and self.method in ("PATCH", "PUT", "DELETE"):
            is_needed = self.method != "DELETE"
            version = OpenApiParameter("If-Match", str, "header", required=is_needed, description=_VERSION)
            parameters.append(version)
        return parameters

    def _is_create_operation(self) -> bool:
        return self.method == "POST" and getattr(self.view, "is_list", False)

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        codes = {"401", "403", "429"} | ({"404"} if "{" in self.path else set())
        codes |= set() if self.method in ("GET", "DELETE") else {"400"}
        codes |= {"409", "428"} if _needs_version(operation) else set()
        for code in sorted(codes - operation["responses"].keys()):
            operation["responses"][code] = {"$ref": f"#/components/responses/Error{code}"}
        return operation


def _needs_version(operation: dict[str, Any]) -> bool:
    return any(one.get("name") == "If-Match" for one in operation.get("parameters", []))


def _is_page(serializer: Any) -> bool:
    kind = type(serializer) if isinstance(serializer, BaseSerializer) else serializer
    return bool(getattr(kind, "is_page", False))


def add_errors(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """The answers that are no success, said once."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = {
        "type": "object",
        "description": "One sentence in `detail`, or lists of sentences by the names of fields.",
        "properties": {"detail": {"type": "string"}},
        "additionalProperties": True,
    }
    components["responses"] = {
        f"Error{code}": {
            "description": said,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for code, said in _ERRORS.items()
    }
    return result


def name_enums(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """Choices become schemas of their own: by the column that has them (`JobStatus`), else by the first place that
    uses them. Never a warning, and the same name each time; so an endpoint more renames nothing of others' models."""
    schemas: dict[str, Any] = result.get("components", {}).get("schemas", {})
    names = _names_of_columns()
    made: dict[str, Any] = {}
    for owner, schema in sorted(schemas.items()):
        for name, place in schema.get("properties", {}).items():
            _replace(owner, name, place, names, made)
    schemas.update(made)
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _replace(owner: str, name: str, place: Any, names: dict[tuple[Any, ...], str], made: dict[str, Any]) -> None:
    target = place.get("items") if isinstance(place, dict) and place.get("type") == "array" else place
    if not isinstance(target, dict) or "enum" not in target:
        return
    values = tuple(value for value in target["enum"] if value not in _NULLS)
    base = re.sub(r"^Patched|Request$", "", owner)
    label = names.setdefault(values, f"{base}{_camel(name)}")
    while label in made and made[label]["enum"] != list(values):
        label += "Choice"
    names[values] = label
    made[label] = {"type": target.get("type", "string"), "enum": list(values)}
    refs: list[dict[str, Any]] = [{"$ref": f"#/components/schemas/{label}"}]
    if "" in target["enum"]:
        refs.append({"enum": [""]})
    if None in target["enum"] or target.get("nullable"):
        refs.append({"enum": [None]})
    for key in ("type", "enum", "x-spec-enum-id"):
        target.pop(key, None)
    if len(refs) == 1:
        target["allOf"] = refs
    else:
        target["oneOf"] = refs


def _names_of_columns() -> dict[tuple[Any, ...], str]:
    """How lists of choices are called, by their values: after the first model that has such a column."""
    names: dict[tuple[Any, ...], str] = {}
    for app in _OURS:
        for model in apps.get_app_config(app).get_models():
            if hasattr(model, "pgh_tracked_model"):
                continue
            for field in model._meta.local_fields:
                values = tuple(value for value, _ in field.flatchoices if value not in _NULLS)
                if values:
                    names.setdefault(values, f"{model.__name__}{_camel(field.name)}")
    return names


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
