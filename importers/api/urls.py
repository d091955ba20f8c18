from django.urls import path

from importers.api import rows, runs

urlpatterns = [
    path("imports/", runs.Imports.as_view(), name="api_imports"),
    path("imports/systems/", runs.ImportSystems.as_view(), name="api_import_systems"),
    path("imports/path-map/", runs.ImportPathMap.as_view(), name="api_import_path_map"),
    path("imports/<int:run_id>/", runs.ImportDetail.as_view(), name="api_import"),
    path("imports/<int:run_id>/orders/", runs.ImportOrders.as_view(), name="api_import_orders"),
    path("imports/<int:run_id>/rows/", rows.ImportRows.as_view(), name="api_import_rows"),
    path("imports/<int:run_id>/names/", rows.ImportNames.as_view(), name="api_import_names"),
    path("imports/<int:run_id>/take-back/", rows.ImportTakeBack.as_view(), name="api_import_take_back"),
]
