"""Tables below more than one form: other names, and what other systems call it."""

from unfold.admin import TabularInline

from library.admin.base import HTTPS
from library.admin.distinct import DistinctFormSet, DistinctIds
from people.models import ExternalId


class AliasesInline(TabularInline):
    """Other names of a row; a subclass names the model."""

    formset = DistinctFormSet
    verbose_name = "other name"
    verbose_name_plural = "Other names"
    fields = ["name"]
    extra = 0
    hide_title = True


class ExternalIdsInline(TabularInline):
    """What other systems call a video, a person or a studio."""

    model = ExternalId
    formset = DistinctIds
    verbose_name = "external id"
    verbose_name_plural = "External ids"
    fields = ["source", "external_id", "url"]
    formfield_overrides = HTTPS
    extra = 0
    hide_title = True
