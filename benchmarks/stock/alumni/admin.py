"""The admin as the two packages' manuals show it: every setting is the default but the key of a row."""

from django.contrib import admin
from import_export.admin import ImportExportModelAdmin
from import_export.fields import Field
from import_export.resources import ModelResource
from simple_history.admin import SimpleHistoryAdmin

from .models import Alumnus


class AlumnusResource(ModelResource):
    class Meta:
        model = Alumnus
        import_id_fields = ("serial_number",)
        exclude = ("id",)

    @classmethod
    def field_from_django_field(cls, field_name, django_field, readonly) -> Field:
        """The template's headers instead of attribute names."""
        field = super().field_from_django_field(field_name, django_field, readonly)
        field.column_name = str(django_field.verbose_name)
        return field


@admin.register(Alumnus)
class AlumnusAdmin(SimpleHistoryAdmin, ImportExportModelAdmin):
    resource_classes = [AlumnusResource]
    list_display = ("serial_number", "chinese_name", "programme")
