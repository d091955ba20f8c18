"""What `manage.py check` says about faces. Reads headers of files and the database's own; loads no model."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError, connection

from faces.exceptions import NoModelError
from faces.ml.errors import FaceError
from faces.ml.pack import DIMENSIONS, roles_of
from faces.models import FaceDetection, FaceReference, FaceTrack
from faces.services.models import installed_pack

_COLUMN = """
SELECT atttypmod FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'embedding' AND NOT attisdropped
"""


@register()
def face_models(**options: Any) -> list[CheckMessage]:
    """Files that can't find faces are a warning. Without any, nothing is wrong: nobody is looked for."""
    folder = Path(settings.FACE_MODEL_DIR or "")
    if not folder.is_dir() or not any(folder.iterdir()):
        return []
    try:
        roles_of(installed_pack())
    except (NoModelError, FaceError, OSError) as error:
        return [Warning("Faces are not looked for.", hint=str(error), id="faces.W001")]
    return []


@register(Tags.database)
def face_vectors(databases: Any = None, **options: Any) -> list[CheckMessage]:
    """Columns of another length, of a database that something else made, take no vector of ours. Asked for by
    `manage.py check --database default` and before migrations."""
    messages: list[CheckMessage] = []
    for model in (FaceReference, FaceTrack, FaceDetection) if databases else ():
        table = model._meta.db_table
        try:
            with connection.cursor() as cursor:
                cursor.execute(_COLUMN, [table])
                row = cursor.fetchone()
        except DatabaseError:
            return messages
        if row is not None and row[0] not in (-1, DIMENSIONS):
            hint = (
                f"Videothek works with {DIMENSIONS} numbers a face. Keep the old table under another name, run "
                "“manage.py migrate” on an empty one, and import what you want to keep."
            )
            messages.append(Warning(f"{table} holds vectors of {row[0]} numbers.", hint=hint, id="faces.W002"))
    return messages
