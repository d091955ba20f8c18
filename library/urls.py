from django.urls import path

from library import views

urlpatterns = [
    path("", views.library, name="library"),
    path("activity/", views.work, name="work"),
    path("files/unreadable/", views.unreadable, name="unreadable"),
    path("files/unreadable/again/", views.try_again, name="try_again"),
    path("login/", views.Login.as_view(), name="login"),
    path("admin/login/", views.admin_login),
]
