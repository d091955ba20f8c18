from django.urls import path

from stats.api import snapshots

urlpatterns = [
    path("stats/", snapshots.Stats.as_view(), name="api_stats"),
    path("stats/fields/", snapshots.Fields.as_view(), name="api_stats_fields"),
    path("stats/series/", snapshots.SeriesView.as_view(), name="api_stats_series"),
    path("stats/snapshots/", snapshots.Snapshots.as_view(), name="api_stats_snapshots"),
    path("stats/history/<slug:kind>/", snapshots.History.as_view(), name="api_stats_history"),
    path("settings/stats/", snapshots.StatsSettingsRow.as_view(), name="api_stats_settings"),
    path("stats/me/", snapshots.MyYear.as_view(), name="api_stats_me"),
]
