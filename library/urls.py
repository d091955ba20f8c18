from django.urls import path

from library.views import account, cover, grid, history, searches, tokens, unreadable, upload_page, uploads

urlpatterns = [
    path("library/", grid.library, name="library"),
    path("activity/", grid.work, name="work"),
    path("search/suggestions/", searches.suggestions, name="suggestions"),
    path("search/filters/", searches.panel, name="filters"),
    path("search/names/", searches.names, name="facet_names"),
    path("searches/", searches.searches, name="searches"),
    path("searches/save/", searches.save, name="save_search"),
    path("searches/<uuid:public_id>/", searches.saved_search, name="saved_search"),
    path("searches/<uuid:public_id>/change/", searches.change, name="change_search"),
    path("files/unreadable/", unreadable.unreadable, name="unreadable"),
    path("files/unreadable/again/", unreadable.try_again, name="try_again"),
    path("upload/", upload_page.upload_page, name="upload_page"),
    path("uploads/<path:path>", uploads.upload, name="upload"),
    path("videos/<int:video_id>/cover/", cover.cover, name="cover"),
    path("videos/<int:video_id>/cover/now/", cover.cover_now, name="cover_now"),
    path("undo/<uuid:batch_id>/", history.undo, name="undo"),
    path("login/", account.Login.as_view(), name="login"),
    path("admin/login/", account.admin_login),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="account_password"),
    path("account/sessions/end/", account.end_sessions, name="account_end_sessions"),
    path("account/tokens/", tokens.tokens, name="account_tokens"),
    path("account/tokens/revoke/", tokens.revoke, name="account_tokens_revoke"),
]
