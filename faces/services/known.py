"""Known faces, as far as no model is needed: the web process may call this."""

from faces.models import FaceReference
from faces.services.naming import keep_primary, rematch_later
from library.models import User
from library.services.changes import change_batch
from people.models import Creator


def remove_reference(*, reference: FaceReference, user: User | None) -> None:
    """It isn't them, or too bad to know them by. Undoable; what it may have proposed is compared anew."""
    creator = reference.creator
    with change_batch(summary=f"Removed a reference face of {creator}", user=user, source="face"):
        reference.delete()
        keep_primary([creator.pk])
    rematch_later()


def show_reference(*, reference: FaceReference, user: User | None) -> None:
    """This one is shown as the person's face. Undoable."""
    with change_batch(summary=f"Chose the face of {reference.creator}", user=user, source="face"):
        # Held: of two who choose at once one comes second, and only one is shown.
        Creator.objects.select_for_update(no_key=True).filter(pk=reference.creator_id).first()
        others = FaceReference.objects.filter(creator=reference.creator_id, is_primary=True).exclude(pk=reference.pk)
        others.update(is_primary=False)
        FaceReference.objects.filter(pk=reference.pk).update(is_primary=True)
