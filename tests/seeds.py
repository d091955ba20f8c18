"""What migrations put into the tables, put there again after a flush."""

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython


def seed_again() -> None:
    """Runs every Python step of the migrations on the models of today, in their order: roles, platforms and the like.

    On tables that were emptied each makes what it once made.
    """
    executor = MigrationExecutor(connection)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True):
        for operation in migration.operations:
            if isinstance(operation, RunPython):
                operation.code(apps, connection.schema_editor())
