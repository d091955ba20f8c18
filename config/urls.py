from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from config.health import healthz, readyz
from library.access import for_every_account

handler500 = "config.errors.failed"

urlpatterns = [
    path("", include("library.urls")),
    path("", include("playback.urls")),
    path("", include("processing.urls")),
    path("logout/", for_every_account(LogoutView.as_view()), name="logout"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
]
