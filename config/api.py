"""The addresses under /api/v1/: each app's, and the schema that describes them."""

from django.urls import include, path

from library.api.schema import Reader, Schema

urlpatterns = [
    path("", include("library.api.urls")),
    path("", include("people.api.urls")),
    path("", include("playback.api.urls")),
    path("", include("processing.api.urls")),
    path("", include("stats.api.urls")),
    path("", include("faces.api.urls")),
    path("", include("importers.api.urls")),
    path("schema/", Schema.as_view(), name="api_schema"),
    path("docs/", Reader.as_view(url_name="api_schema"), name="api_docs"),
]
