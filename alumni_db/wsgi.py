"""The web application. It refuses to start with keys that are not those of the database."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alumni_db.settings")

application = get_wsgi_application()

# The models can be imported only once Django is set up.
from django.db import connections  # noqa: E402

from alumni_db.unavailable import limit_waits  # noqa: E402
from records.keys import require_matching_keys  # noqa: E402

limit_waits()
require_matching_keys()
connections.close_all()  # the threads that answer requests open their own
