"""The stock project: `DATABASE_URL=… python benchmarks/stock/manage.py migrate`."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "stock_settings"
    execute_from_command_line(sys.argv)
