"""The center's workspace in the admin site. The order of these imports is the order of the navigation."""

from . import people

__all__ = ["people"]
