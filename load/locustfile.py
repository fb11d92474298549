"""`locust -f load/locustfile.py`: the users of wireproof.load, from a checkout."""

from wireproof.load.engine.locustfile import *  # noqa: F403
