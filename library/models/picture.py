"""The column of a picture that a person chose."""

import hashlib
import hmac
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models

from library.exceptions import PictureError
from library.pictures import FORMATS, check_picture, encode_picture


class PictureFormField(forms.ImageField):
    """A form's field for a picture: refuses what is none, is broken or too large, with a sentence."""

    default_validators = []

    def to_python(self, data: Any) -> Any:
        # Pillow's own look, which Django's field takes, decodes nothing and accepts more formats than we do.
        try:
            if data not in self.empty_values and hasattr(data, "size"):
                check_picture(data, size_bytes=data.size)
        except PictureError as error:
            raise ValidationError(str(error)) from error
        return forms.FileField.to_python(self, data)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        accepted = ",".join(f"image/{name.lower()}" for name in FORMATS)
        return {**forms.FileField.widget_attrs(self, widget), "accept": accepted}


class PictureField(models.ImageField):
    """An image that is kept as WebP of at most `longest_px`, upright, whatever was given.

    Saving the row encodes a new picture and stores it under a name made of its content and the installation's key: it
    can't be guessed and never changes its content. Raises PictureError for what is no picture; forms ask first. A file
    is never removed with its row, since an undo may bring the row back.
    """

    def __init__(self, *args: Any, longest_px: int = 1600, **options: Any) -> None:
        self.longest_px = longest_px
        super().__init__(*args, **options)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        # For the database it is a name like any other: migrations need not know how pictures are made.
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.ImageField", arguments, options

    def formfield(self, **options: Any) -> Any:  # type: ignore[override]
        return super().formfield(**{"form_class": PictureFormField, **options})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        file = getattr(model_instance, self.attname)
        if file and not file._committed:
            content = encode_picture(file, size_bytes=file.size, longest_px=self.longest_px)
            name = f"{self.upload_to}{_digest(content)}.webp"
            if not file.storage.exists(name) or file.storage.size(name) != len(content):
                file.storage.delete(name)
                name = file.storage.save(name, ContentFile(content))
            setattr(model_instance, self.attname, name)
        return super().pre_save(model_instance, add)


def _digest(content: bytes) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), content, hashlib.sha256).hexdigest()
