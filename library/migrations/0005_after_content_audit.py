"""What the database does by itself for accounts: it records changes of users, roles and settings, and keeps `is_staff`.

Triggers, so that bulk updates and plain SQL count too. Who did it and from where comes from the context that the
history middleware sets. Nothing is recorded before the first account: an installation is no event.
"""

from django.db import migrations

RECORD = """
CREATE FUNCTION library_audit(event text, whom bigint, what text, facts jsonb) RETURNS void
LANGUAGE plpgsql AS $body$
DECLARE
    context jsonb := NULLIF(current_setting('pghistory.context_metadata', TRUE), '')::jsonb;
    actor bigint := (context ->> 'user')::bigint;
BEGIN
    IF event = 'user_deleted' OR EXISTS (SELECT 1 FROM library_user) THEN
        INSERT INTO library_auditevent (kind, user_id, actor_name, address, account_id, subject, detail)
        VALUES (event, actor, COALESCE((SELECT username FROM library_user WHERE id = actor), ''),
                (context ->> 'address')::inet, whom, left(what, 300), facts);
    END IF;
END
$body$;

CREATE FUNCTION library_audit_difference(before jsonb, after jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $body$
    SELECT COALESCE(jsonb_object_agg(key, jsonb_build_array(before -> key, value)), '{}')
    FROM jsonb_each(after) WHERE value IS DISTINCT FROM before -> key
$body$;
"""

SETTINGS = """
CREATE FUNCTION library_audit_settings(what text, before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql AS $body$
DECLARE
    changes jsonb := library_audit_difference(before, after - ARRAY['id', 'created_at', 'updated_at']);
BEGIN
    IF changes <> '{}' THEN
        PERFORM library_audit('settings_changed', NULL, what, changes);
    END IF;
END
$body$;
"""

USERS = """
CREATE FUNCTION library_audit_user() RETURNS trigger
LANGUAGE plpgsql AS $body$
DECLARE
    shown text[] := ARRAY['username', 'first_name', 'last_name', 'email', 'is_active', 'is_superuser'];
    before jsonb;
    after jsonb;
    changes jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM library_audit('user_deleted', OLD.id, OLD.username, '{}');
        RETURN NULL;
    END IF;
    SELECT jsonb_object_agg(key, value) INTO after FROM jsonb_each(to_jsonb(NEW)) WHERE key = ANY (shown);
    IF TG_OP = 'INSERT' THEN
        PERFORM library_audit('user_created', NEW.id, NEW.username, jsonb_build_object('is_superuser', NEW.is_superuser));
        RETURN NULL;
    END IF;
    SELECT jsonb_object_agg(key, value) INTO before FROM jsonb_each(to_jsonb(OLD)) WHERE key = ANY (shown);
    changes := library_audit_difference(before, after);
    IF OLD.password <> NEW.password THEN
        changes := changes || '{"password": "changed"}';
    END IF;
    IF changes <> '{}' THEN
        PERFORM library_audit('user_changed', NEW.id, NEW.username, changes);
    END IF;
    RETURN NULL;
END
$body$;

CREATE TRIGGER library_audit AFTER INSERT OR UPDATE OR DELETE ON library_user
    FOR EACH ROW EXECUTE FUNCTION library_audit_user();
"""

ROLES = """
CREATE FUNCTION library_audit_role() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM library_audit('role_changed', NULL, NEW.name, '{"role": "created"}');
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM library_audit('role_changed', NULL, OLD.name, '{"role": "deleted"}');
    ELSIF OLD.name <> NEW.name THEN
        PERFORM library_audit('role_changed', NULL, NEW.name,
                              jsonb_build_object('name', jsonb_build_array(OLD.name, NEW.name)));
    END IF;
    RETURN NULL;
END
$body$;

CREATE TRIGGER library_audit AFTER INSERT OR UPDATE OR DELETE ON auth_group
    FOR EACH ROW EXECUTE FUNCTION library_audit_role();

-- One event per statement and role, or a role of a hundred permissions would be a hundred events.
CREATE FUNCTION library_audit_role_permissions() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM library_audit('role_changed', NULL, name, jsonb_build_object(TG_ARGV[0], permissions))
    FROM (SELECT COALESCE(g.name, r.group_id::text) AS name,
                 jsonb_agg(t.app_label || '.' || p.codename ORDER BY t.app_label, p.codename) AS permissions
          FROM touched r
          JOIN auth_permission p ON p.id = r.permission_id
          JOIN django_content_type t ON t.id = p.content_type_id
          LEFT JOIN auth_group g ON g.id = r.group_id
          GROUP BY r.group_id, g.name) AS roles;
    RETURN NULL;
END
$body$;

CREATE TRIGGER library_audit_grant AFTER INSERT ON auth_group_permissions REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION library_audit_role_permissions('granted');
CREATE TRIGGER library_audit_withdraw AFTER DELETE ON auth_group_permissions REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION library_audit_role_permissions('withdrawn');

CREATE FUNCTION library_audit_user_permissions() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM library_audit('role_changed', id, username, jsonb_build_object(TG_ARGV[0], permissions))
    FROM (SELECT u.id, u.username,
                 jsonb_agg(t.app_label || '.' || p.codename ORDER BY t.app_label, p.codename) AS permissions
          FROM touched r
          JOIN auth_permission p ON p.id = r.permission_id
          JOIN django_content_type t ON t.id = p.content_type_id
          JOIN library_user u ON u.id = r.user_id
          GROUP BY u.id) AS accounts;
    RETURN NULL;
END
$body$;

CREATE TRIGGER library_audit_grant AFTER INSERT ON library_user_user_permissions REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION library_audit_user_permissions('granted');
CREATE TRIGGER library_audit_withdraw AFTER DELETE ON library_user_user_permissions REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION library_audit_user_permissions('withdrawn');

CREATE FUNCTION library_audit_user_roles() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM library_audit('role_changed', id, username, jsonb_build_object(TG_ARGV[0], roles))
    FROM (SELECT u.id, u.username, jsonb_agg(g.name ORDER BY g.name) AS roles
          FROM touched r
          JOIN auth_group g ON g.id = r.group_id
          JOIN library_user u ON u.id = r.user_id
          GROUP BY u.id) AS accounts;
    RETURN NULL;
END
$body$;

CREATE TRIGGER library_audit_grant AFTER INSERT ON library_user_groups REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION library_audit_user_roles('given');
CREATE TRIGGER library_audit_withdraw AFTER DELETE ON library_user_groups REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION library_audit_user_roles('taken');
"""

# Django, django-rq and Unfold ask `is_staff` who may open the admin. It is whatever the roles say.
STAFF = """
CREATE FUNCTION library_may_open_admin(account bigint) RETURNS boolean
LANGUAGE sql STABLE AS $body$
    SELECT EXISTS (
        SELECT 1 FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
        WHERE t.app_label = 'library' AND t.model = 'user' AND p.codename = 'open_admin'
          AND (EXISTS (SELECT 1 FROM library_user_user_permissions o
                       WHERE o.permission_id = p.id AND o.user_id = account)
            OR EXISTS (SELECT 1 FROM auth_group_permissions r JOIN library_user_groups m USING (group_id)
                       WHERE r.permission_id = p.id AND m.user_id = account)))
$body$;

CREATE FUNCTION library_keep_staff() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    NEW.is_staff := NEW.is_superuser OR library_may_open_admin(NEW.id);
    RETURN NEW;
END
$body$;

CREATE TRIGGER library_keep_staff BEFORE INSERT OR UPDATE OF is_staff, is_superuser ON library_user
    FOR EACH ROW EXECUTE FUNCTION library_keep_staff();

CREATE FUNCTION library_keep_staff_of_users() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    UPDATE library_user SET is_staff = is_superuser OR library_may_open_admin(id)
    WHERE id IN (SELECT user_id FROM touched) AND is_staff <> (is_superuser OR library_may_open_admin(id));
    RETURN NULL;
END
$body$;

CREATE FUNCTION library_keep_staff_of_roles() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    UPDATE library_user SET is_staff = is_superuser OR library_may_open_admin(id)
    WHERE id IN (SELECT user_id FROM library_user_groups WHERE group_id IN (SELECT group_id FROM touched))
      AND is_staff <> (is_superuser OR library_may_open_admin(id));
    RETURN NULL;
END
$body$;

CREATE TRIGGER library_keep_staff_granted AFTER INSERT ON library_user_groups
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION library_keep_staff_of_users();
CREATE TRIGGER library_keep_staff_withdrawn AFTER DELETE ON library_user_groups
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION library_keep_staff_of_users();
CREATE TRIGGER library_keep_staff_granted AFTER INSERT ON library_user_user_permissions
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION library_keep_staff_of_users();
CREATE TRIGGER library_keep_staff_withdrawn AFTER DELETE ON library_user_user_permissions
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION library_keep_staff_of_users();
CREATE TRIGGER library_keep_staff_granted AFTER INSERT ON auth_group_permissions
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION library_keep_staff_of_roles();
CREATE TRIGGER library_keep_staff_withdrawn AFTER DELETE ON auth_group_permissions
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION library_keep_staff_of_roles();

UPDATE library_user SET is_staff = is_superuser OR library_may_open_admin(id)
WHERE is_staff <> (is_superuser OR library_may_open_admin(id));
"""

# A function takes its triggers along.
REMOVE = """
DROP FUNCTION library_keep_staff_of_roles() CASCADE;
DROP FUNCTION library_keep_staff_of_users() CASCADE;
DROP FUNCTION library_keep_staff() CASCADE;
DROP FUNCTION library_may_open_admin(bigint);
DROP FUNCTION library_audit_user_roles() CASCADE;
DROP FUNCTION library_audit_user_permissions() CASCADE;
DROP FUNCTION library_audit_role_permissions() CASCADE;
DROP FUNCTION library_audit_role() CASCADE;
DROP FUNCTION library_audit_user() CASCADE;
DROP FUNCTION library_audit_settings(text, jsonb, jsonb);
DROP FUNCTION library_audit_difference(jsonb, jsonb);
DROP FUNCTION library_audit(text, bigint, text, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0004_after_content_roles")]

    operations = [
        migrations.RunSQL([RECORD, SETTINGS, USERS, ROLES, STAFF], REMOVE),
    ]
