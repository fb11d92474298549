"""The public face of the pytest plugin, as `-p wireproof.plugin` names it."""

from wireproof.session.pytest_plugin.plugin import *  # noqa: F403 - pytest reads every hook
