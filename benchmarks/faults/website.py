"""The website as a process that may stand still (`pausing`), for gunicorn: `website:application`."""

from pausing import prepare

prepare()

# The application can be imported only once it was prepared.
from alumni_db.wsgi import application  # noqa: E402, F401
