"""The public face of expectations: each returns the value that a check goes on with, or raises Violation."""

from wireproof.judging.expect import *  # noqa: F403 - it lists what is public
from wireproof.judging.expect import __all__ as __all__
