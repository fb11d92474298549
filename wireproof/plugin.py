"""The pytest plugin under its public name, for `-p wireproof.plugin`, and the fixture for tests of clients."""

from wireproof.session.pytest_plugin.plugin import *  # noqa: F403 - pytest reads every hook
from wireproof.session.pytest_plugin.server_fixture import wireproof_server as wireproof_server
