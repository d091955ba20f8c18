"""What `manage.py check` says about faces."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from faces.exceptions import NoModelError
from faces.services.models import installed_pack


@register()
def face_models(**options: Any) -> list[CheckMessage]:
    """Files that can't be models are a warning. Without any, nothing is wrong: nobody is looked for."""
    folder = Path(settings.FACE_MODEL_DIR or "")
    if not folder.is_dir() or not any(folder.iterdir()):
        return []
    try:
        installed_pack()
    except NoModelError as error:
        return [Warning("Faces are not looked for.", hint=str(error), id="faces.W001")]
    return []
