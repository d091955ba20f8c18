from django.urls import path

from library.api.triage import views

urlpatterns = [
    path("queues/", views.TriageQueues.as_view(), name="api_triage_queues"),
    path("answers/", views.TriageHistory.as_view(), name="api_triage_answers"),
    path("pace/", views.TriagePace.as_view(), name="api_triage_pace"),
    path("<slug:queue>/next/", views.TriageNext.as_view(), name="api_triage_next"),
    path("<slug:queue>/open/", views.TriageOpen.as_view(), name="api_triage_open"),
    path("<slug:queue>/answer/", views.TriageAnswers.as_view(), name="api_triage_answer"),
    path("<slug:queue>/undo/", views.TriageUndo.as_view(), name="api_triage_undo"),
    path("<slug:queue>/reset/", views.TriageReset.as_view(), name="api_triage_reset"),
    path("<slug:queue>/grid/", views.TriageGrid.as_view(), name="api_triage_grid"),
    path("<slug:queue>/many/", views.TriageMany.as_view(), name="api_triage_many"),
    path("<slug:queue>/videos/", views.TriageSearch.as_view(), name="api_triage_search"),
]
