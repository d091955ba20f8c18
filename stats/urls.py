from django.urls import path

from stats.views import dashboard

urlpatterns = [
    path("stats/", dashboard.dashboard, name="stats"),
    path("stats/count/", dashboard.count, name="count_stats"),
    path("stats/mine/", dashboard.mine, name="my_stats"),
    path("stats/of/<slug:kind>/<slug:key>/", dashboard.part, name="stats_of"),
]
