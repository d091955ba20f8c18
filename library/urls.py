from django.urls import path

from library.views import account, grid, history, unreadable, uploads

urlpatterns = [
    path("", grid.library, name="library"),
    path("activity/", grid.work, name="work"),
    path("files/unreadable/", unreadable.unreadable, name="unreadable"),
    path("files/unreadable/again/", unreadable.try_again, name="try_again"),
    path("uploads/<path:path>", uploads.upload, name="upload"),
    path("undo/<uuid:batch_id>/", history.undo, name="undo"),
    path("login/", account.Login.as_view(), name="login"),
    path("admin/login/", account.admin_login),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="account_password"),
    path("account/sessions/end/", account.end_sessions, name="account_end_sessions"),
]
