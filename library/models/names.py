"""Names that count as the same when only case, spaces or the way of writing accents differ."""

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Trim
from django.db.models.lookups import Exact

hex_color = RegexValidator(r"^#[0-9A-Fa-f]{6}$", "Give a colour as six hexadecimal digits, #6B7280 say.")
HEX_COLOR = r"^#[0-9A-Fa-f]{6}$"

if TYPE_CHECKING:
    _TextField = models.CharField[str, str]
else:
    _TextField = models.CharField


def clean_name(name: str) -> str:
    """The name as it is stored: composed characters (NFC), single spaces, none at the ends, no control characters."""
    return " ".join("".join(c for c in unicodedata.normalize("NFC", name) if c.isprintable() or c.isspace()).split())


def name_key(name: str) -> str:
    """Nearly what the database compares names by: lower case and single spaces. To compare two names in Python.

    For a look-up take `key_of`: PostgreSQL and Python don't agree on the lower case of every letter (a sigma at the
    end of a word, an I with a dot).
    """
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", name).strip()).lower()


def key_of(name: str) -> Lower:
    """What the database compares a name by, for look-ups: `filter(name_key=key_of(name))`. An index serves it."""
    return _key(Value(clean_name(name), output_field=models.TextField()))


def _key(name: F | Value) -> Lower:
    composed = Func(name, function="normalize", template="%(function)s(%(expressions)s, NFKC)")
    return Lower(Func(Trim(composed), Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace"))


class NameField(_TextField):
    """A name. Whichever way its row is saved, new ones in bulk too, it is stored as `clean_name` writes it."""

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        # For the database it is a text like any other: migrations need not know how names are cleaned.
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.CharField", arguments, options

    def to_python(self, value: Any) -> Any:
        return clean_name(value) if isinstance(value, str) else super().to_python(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value


class NameKey(models.GeneratedField):
    """A stored column: the name with NFKC, single spaces and in lower case. Unique constraints are over it."""

    def __init__(self, **options: object) -> None:
        settings: dict[str, object] = {
            "expression": _key(F("name")),
            "output_field": models.TextField(),
            "db_persist": True,
            "editable": False,
        }
        super().__init__(**{**settings, **options})  # type: ignore[arg-type]


class FoldedName(models.GeneratedField):
    """A stored column: the name in lower case without accents and punctuation, as search compares words.

    `library.folding.fold` does the same to what somebody typed.
    """

    def __init__(self, **options: object) -> None:
        settings: dict[str, object] = {
            "expression": Func(F("name"), function="videothek_fold"),
            "output_field": models.TextField(),
            "db_persist": True,
            "editable": False,
        }
        super().__init__(**{**settings, **options})  # type: ignore[arg-type]


def check_json_object(value: object) -> None:
    """Raises ValidationError unless the value is a JSON object (a dict with text keys)."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValidationError("Give a JSON object: names with values, in braces.")


def is_json(field: str, kind: str, *, of: str = "") -> models.CheckConstraint:
    """The database's own check that a JSON column holds an `object` or an `array`, one whose items are all `of` a type
    where that is given (as jsonpath calls them: string, object)."""
    condition: Any = Exact(Func(F(field), function="jsonb_typeof", output_field=models.TextField()), Value(kind))
    if of:
        others = Func(
            F(field),
            Value(f'$[*] ? (@.type() <> "{of}")'),
            function="jsonb_path_exists",
            template="%(function)s(%(expressions)s::jsonpath)",
            output_field=models.BooleanField(),
        )
        condition = Q(condition) & Q(Exact(others, Value(False)))
    return models.CheckConstraint(condition=condition, name=f"%(app_label)s_%(class)s_{field}_json")
