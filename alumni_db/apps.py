from django.contrib.admin.apps import AdminConfig


class AlumniAdminConfig(AdminConfig):
    """Makes the center's workspace the site that every `@admin.register` goes to."""

    default_site = "alumni_db.workspace.AlumniAdminSite"
