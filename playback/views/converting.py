"""From a video that doesn't play to its conversion."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from library.access import current_user, requires
from playback.views.finding import shown_file
from processing.exceptions import ProcessingError
from processing.services.conversions.batches import begin_batch


@requires("processing.convert_video", "library.open_admin")
@require_http_methods(["GET", "HEAD", "POST"])
def convert(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/convert/`: POST drafts a conversion and shows it; nothing runs before it is confirmed there.

    GET leads to the video in the admin's list, from where it can be converted too."""
    shown_file(video_id)
    found = f"{reverse('admin:library_video_changelist')}?id__exact={video_id}"
    if request.method != "POST":
        return HttpResponseRedirect(found)
    try:
        batch = begin_batch(video_ids=[video_id], user=current_user(request))
    except ProcessingError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(found)
    return HttpResponseRedirect(reverse("admin:processing_conversion_batch", args=(batch.pk,)))
