"""The uploaded pictures that rows and their history own. Loaded when Django starts."""

from library.services.sweeping import register_stored
from library.services.uploads import upload_kinds

register_stored(*upload_kinds())
