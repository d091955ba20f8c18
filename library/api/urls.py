from django.urls import path

from library.api.me import Me
from library.api.uploads import KeepUpload, OneUpload, Uploads

urlpatterns = [
    path("me/", Me.as_view(), name="api_me"),
    path("uploads/", Uploads.as_view(), name="api_uploads"),
    path("uploads/<uuid:public_id>/", OneUpload.as_view(), name="api_upload"),
    path("uploads/<uuid:public_id>/keep/", KeepUpload.as_view(), name="api_upload_keep"),
]
