"""The pytest plugin under its public name, for `-p wireproof.plugin`."""

from wireproof.session.pytest_plugin.plugin import *  # noqa: F403 - pytest reads every hook
