from typing import Any

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from config.health import healthz, readyz
from config.metrics import metrics
from faces.admin.accuracy import accuracy_page
from library.access import for_every_account, requires
from library.admin.missing import missing_page
from library.admin.trash import trash_page
from library.admin.triage import grid_page, overview, pace_page, queue_page


def curating(view: Any) -> Any:
    """A page of the admin for whoever may organise videos."""
    return requires("library.triage_video")(admin.site.admin_view(view))


handler500 = "config.errors.failed"

urlpatterns = [
    path("", include("library.urls")),
    path("", include("people.urls")),
    path("", include("playback.urls")),
    path("", include("processing.urls")),
    path("", include("faces.urls")),
    path("", include("stats.urls")),
    path("api/v1/", include("config.api")),
    path("logout/", for_every_account(LogoutView.as_view()), name="logout"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/trash/", requires("library.trash_video")(admin.site.admin_view(trash_page)), name="trash"),
    path("admin/missing/", requires("library.view_video")(admin.site.admin_view(missing_page)), name="missing"),
    path(
        "admin/faces/accuracy/",
        requires("faces.view_facesettings")(admin.site.admin_view(accuracy_page)),
        name="face_accuracy",
    ),
    path("admin/library/triage/", curating(overview), name="triage"),
    path("admin/library/triage/pace/", curating(pace_page), name="triage_pace"),
    path("admin/library/triage/<slug:queue>/", curating(queue_page), name="triage_queue"),
    path("admin/library/triage/<slug:queue>/grid/", curating(grid_page), name="triage_grid"),
    path("admin/", admin.site.urls),
]
