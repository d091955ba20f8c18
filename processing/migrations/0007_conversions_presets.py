"""The nine presets of "Video streaming"."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_MBIT = 1_000_000
# Key, name, codec, longer side in pixels, quality, highest bit rate.
_PRESETS = [
    ("1080p_h264", "1080p, H.264", "h264", 1920, 26, 20 * _MBIT),
    ("1080p_h265", "1080p, HEVC", "hevc", 1920, 28, 15 * _MBIT),
    ("1080p_av1", "1080p, AV1", "av1", 1920, 38, 6 * _MBIT),
    ("720p_h264", "720p, H.264", "h264", 1280, 26, 10 * _MBIT),
    ("720p_h265", "720p, HEVC", "hevc", 1280, 28, 8 * _MBIT),
    ("720p_av1", "720p, AV1", "av1", 1280, 35, 4 * _MBIT),
    ("original_h264", "Original size, H.264", "h264", None, 26, None),
    ("original_h265", "Original size, HEVC", "hevc", None, 28, None),
    ("original_av1", "Original size, AV1", "av1", None, 35, None),
]


def add_presets(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    preset = apps.get_model("processing", "Preset")
    preset.objects.bulk_create(
        preset(
            key=key, name=name, codec=codec, target_width=width, qp=qp, max_bit_rate=bit_rate, is_built_in=True,
            container="matroska", audio="copy", hdr="keep", effort="medium",
        )
        for key, name, codec, width, qp, bit_rate in _PRESETS
    )  # fmt: skip


def remove_presets(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("processing", "Preset").objects.filter(is_built_in=True).delete()


class Migration(migrations.Migration):
    dependencies = [("processing", "0006_conversions")]

    operations = [migrations.RunPython(add_presets, remove_presets)]
