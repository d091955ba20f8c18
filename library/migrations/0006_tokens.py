"""API tokens, and what is remembered of them."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from library.migration_operations import at_once


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0005_after_content_audit'),
    ]

    operations = at_once([
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True)),
                ('name', models.CharField(help_text='What uses it.', max_length=100)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('last_four', models.CharField(editable=False, help_text='Its last characters, to tell it by.', max_length=4)),
                ('scope', models.CharField(choices=[('read', 'Only look'), ('full', 'Everything that the account may')], default='full', max_length=10)),
                ('expires_at', models.DateTimeField(blank=True, help_text='Empty: never.', null=True)),
                ('last_used_at', models.DateTimeField(editable=False, help_text='To the minute.', null=True)),
                ('last_used_address', models.GenericIPAddressField(editable=False, null=True)),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('revoked_reason', models.CharField(blank=True, editable=False, max_length=300)),
            ],
            options={
                'verbose_name': 'API token',
                'ordering': ['-pk'],
                'abstract': False,
                'default_permissions': ('view', 'change'),
            },
        ),
        migrations.RemoveConstraint(
            model_name='auditevent',
            name='library_auditevent_kind',
        ),
        migrations.RemoveConstraint(
            model_name='logincounter',
            name='library_logincounter_scope',
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='kind',
            field=models.CharField(choices=[('login', 'Login'), ('login_failed', 'Login failed'), ('login_throttled', 'Logins locked'), ('login_unlocked', 'Logins unlocked'), ('logout', 'Logout'), ('session_ended', 'Session ended'), ('user_created', 'User created'), ('user_changed', 'User changed'), ('user_deleted', 'User deleted'), ('role_changed', 'Role changed'), ('settings_changed', 'Settings changed'), ('token_created', 'Token created'), ('token_revoked', 'Token revoked'), ('token_purged', 'Tokens forgotten'), ('share_link_created', 'Share link created'), ('share_link_deleted', 'Share link deleted'), ('purge', 'Purge'), ('import', 'Import')], max_length=40),
        ),
        migrations.AlterField(
            model_name='logincounter',
            name='scope',
            field=models.CharField(choices=[('account', 'Account'), ('address', 'Address'), ('token', 'Address that sends tokens')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['login', 'login_failed', 'login_throttled', 'login_unlocked', 'logout', 'session_ended', 'user_created', 'user_changed', 'user_deleted', 'role_changed', 'settings_changed', 'token_created', 'token_revoked', 'token_purged', 'share_link_created', 'share_link_deleted', 'purge', 'import'])), name='library_auditevent_kind'),
        ),
        migrations.AddConstraint(
            model_name='logincounter',
            constraint=models.CheckConstraint(condition=models.Q(('scope__in', ['account', 'address', 'token'])), name='library_logincounter_scope'),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='revoked_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='apitoken',
            index=models.Index(fields=['user', '-id'], name='library_token_of_user'),
        ),
        migrations.AddIndex(
            model_name='apitoken',
            index=models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['revoked_at'], name='library_token_revoked'),
        ),
        migrations.AddIndex(
            model_name='apitoken',
            index=models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='library_token_expiry'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('scope__in', ['read', 'full'])), name='library_apitoken_scope'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='library_apitoken_name_given'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('revoked_at__isnull', False), models.Q(('revoked_by', None), ('revoked_reason', '')), _connector='OR'), name='library_apitoken_revoked'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apitoken',
            trigger=pgtrigger.compiler.Trigger(name='keep_timestamps', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.created_at = OLD.created_at; NEW.updated_at = clock_timestamp(); RETURN NEW;', hash='2a0d7a847272b5156ff5f29e3954732fb9fa5ae9', operation='UPDATE', pgid='pgtrigger_keep_timestamps_bcb41', table='library_apitoken', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apitoken',
            trigger=pgtrigger.compiler.Trigger(name='audit_made', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'INSERT' THEN\n        PERFORM library_audit('token_created', NEW.user_id, NEW.name,\n                              jsonb_build_object('ends_in', NEW.last_four, 'scope', NEW.scope));\n    ELSE\n        PERFORM library_audit('token_revoked', NEW.user_id, NEW.name,\n                              jsonb_build_object('ends_in', NEW.last_four, 'reason', NEW.revoked_reason));\n    END IF;\n    RETURN NULL;\n", hash='4baeceee7813f33a75ffc528d2d97ee40e827c5f', operation='INSERT', pgid='pgtrigger_audit_made_82b5d', table='library_apitoken', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apitoken',
            trigger=pgtrigger.compiler.Trigger(name='audit_revoked', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."revoked_at" IS NOT NULL AND OLD."revoked_at" IS NULL)', func="\n    IF TG_OP = 'INSERT' THEN\n        PERFORM library_audit('token_created', NEW.user_id, NEW.name,\n                              jsonb_build_object('ends_in', NEW.last_four, 'scope', NEW.scope));\n    ELSE\n        PERFORM library_audit('token_revoked', NEW.user_id, NEW.name,\n                              jsonb_build_object('ends_in', NEW.last_four, 'reason', NEW.revoked_reason));\n    END IF;\n    RETURN NULL;\n", hash='2b988f300deca40e4eee5ed80da78506281749f6', operation='UPDATE OF "revoked_at"', pgid='pgtrigger_audit_revoked_7e02f', table='library_apitoken', when='AFTER')),
        ),
    ])
