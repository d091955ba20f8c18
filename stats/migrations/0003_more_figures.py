import django.db.models.lookups
from django.db import migrations, models

from library.migration_operations import at_once


class Migration(migrations.Migration):

    dependencies = [
        ('stats', '0002_roles'),
    ]

    operations = at_once([
        migrations.AddField(
            model_name='contentsnapshot',
            name='triage_answers',
            field=models.PositiveIntegerField(default=0, help_text='Videos that were answered in triage.'),
        ),
        migrations.AddField(
            model_name='contentsnapshot',
            name='triage_left',
            field=models.PositiveIntegerField(default=0, help_text='Of the fullest queue.'),
        ),
        migrations.AddField(
            model_name='contentsnapshot',
            name='triage_queues',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='contentsnapshot',
            name='triage_seconds',
            field=models.FloatField(default=0, help_text='What that took.'),
        ),
        migrations.AddField(
            model_name='librarysnapshot',
            name='convertible_bytes',
            field=models.BigIntegerField(default=0, help_text='What that would save, by guess.'),
        ),
        migrations.AddField(
            model_name='librarysnapshot',
            name='convertible_count',
            field=models.PositiveIntegerField(default=0, help_text='Large ones that are worth converting.'),
        ),
        migrations.AddConstraint(
            model_name='contentsnapshot',
            constraint=models.CheckConstraint(condition=models.Q(django.db.models.lookups.Exact(models.Func(models.F('triage_queues'), function='jsonb_typeof', output_field=models.TextField()), models.Value('array')), django.db.models.lookups.Exact(models.Func(models.F('triage_queues'), models.Value('$[*] ? (@.type() <> "object")'), function='jsonb_path_exists', output_field=models.BooleanField(), template='%(function)s(%(expressions)s::jsonpath)'), models.Value(False))), name='stats_contentsnapshot_triage_queues_json'),
        ),
    ])
