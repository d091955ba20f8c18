from django.urls import path

from processing import views

urlpatterns = [path("derived/<path:path>", views.derived, name="derived")]
