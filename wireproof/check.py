"""The public interface of checks: all that a suite imports beside `wireproof.expect`."""

from wireproof.judging.check import *  # noqa: F403 - it lists what is public
from wireproof.judging.check import __all__ as __all__
