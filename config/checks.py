"""System checks: what would only be noticed much later is named at the start."""

import ipaddress
import os
from collections.abc import Sequence
from typing import Any

import imageio_ffmpeg
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from config import paths


def register_checks() -> None:
    """Called when Django is ready; `manage.py check --tag config` runs just these."""
    for check in (check_ffmpeg, check_home, check_debug):
        register(check, "config")


def check_ffmpeg(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The program for conversions comes with a package, or from IMAGEIO_FFMPEG_EXE."""
    try:
        imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        hint = "Run 'make init', or set IMAGEIO_FFMPEG_EXE to an ffmpeg program."
        return [Error("FFmpeg isn't there.", hint=hint, id="config.E001")]
    return []


def check_home(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Everything that Videothek writes goes there."""
    folder = paths.home()
    if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
        hint = "Run this as the owner of the folder, or set VIDEOTHEK_HOME to another."
        return [Error(f"{folder} can't be written to.", hint=hint, id="config.E002")]
    return []


def check_debug(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """DEBUG shows the program's inside to whoever can reach the page."""
    if not settings.DEBUG or _is_loopback(settings.HOST):
        return []
    hint = "Unset VIDEOTHEK_DEBUG, or use HOST=127.0.0.1."
    return [Warning("VIDEOTHEK_DEBUG is on and others can reach the pages.", hint=hint, id="config.W001")]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
