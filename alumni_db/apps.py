from django.contrib.admin.apps import SimpleAdminConfig


class AlumniAdminConfig(SimpleAdminConfig):
    """Makes the center's workspace the admin site. Nothing is discovered: the site names its pages itself, and a
    command that shows none starts without loading them."""

    default_site = "alumni_db.workspace.AlumniAdminSite"
