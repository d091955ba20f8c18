from django.apps import AppConfig


class StageAppConfig(AppConfig):
    name = "tests.processing.stageapp"
    label = "stageapp"
