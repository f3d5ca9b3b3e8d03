"""payper: the system of record for performance-based B2B demand generation."""

from payper._version import __version__

__all__ = ["__version__"]
