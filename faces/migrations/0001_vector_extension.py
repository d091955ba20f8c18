from django.db import migrations
from pgvector.django import VectorExtension


class Migration(migrations.Migration):
    """The column type that every face table needs; made here so that a server without pgvector is found out at once."""

    initial = True
    dependencies = []
    operations = [VectorExtension()]
