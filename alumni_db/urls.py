"""All addresses of the product. Each one stands in the table of tests/project/test_urls.py."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView
from django.views.i18n import set_language

handler500 = "alumni_db.unavailable.handle_500"

urlpatterns = [
    path("language/", require_POST(set_language), name="set_language"),
    path("", include("accounts.urls")),
    path("alumni/", include("records.urls")),
    # There is one way in, with one strength (ASVS 6.3.4): the admin's own pages lead there.
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/", admin.site.urls),
]
