"""The public interface of expectations: each function returns the value that it examined, or raises Violation."""

from wireproof.judging.expect import *  # noqa: F403 - it lists what is public
from wireproof.judging.expect import __all__ as __all__
