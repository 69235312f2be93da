"""The door of the hotline for the front."""

from hotline.models import HotlineLine
from hotline.queries import lines

__all__ = ["HotlineLine", "lines"]
