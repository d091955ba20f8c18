"""The column of a picture that a person chose."""

import secrets
from typing import Any

from django import forms
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

    Saving the row encodes a new picture and stores it under a random name, which can't be guessed and never changes its
    content. Raises PictureError for what is no picture; forms ask first. A file is not removed with its row, since an
    undo may bring the row back: the purge does it.
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
            # A name of its own for each: a purge of one row never takes another one's file.
            name = file.storage.save(f"{self.upload_to}{secrets.token_hex(16)}.webp", ContentFile(content))
            setattr(model_instance, self.attname, name)
        return super().pre_save(model_instance, add)
