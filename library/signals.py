"""Django's signals that the library listens to; loaded when Django is ready."""

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_migrate

from library.roles import grant_everything_to_admin
from library.services.logins import remember_login, remember_logout

user_logged_in.connect(remember_login)
user_logged_out.connect(remember_logout)
post_migrate.connect(grant_everything_to_admin)
