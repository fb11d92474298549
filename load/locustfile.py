"""The locustfile of a checkout: `locust -f load/locustfile.py` starts a run of the users of wireproof.load."""

from wireproof.load.engine.locustfile import *  # noqa: F403
