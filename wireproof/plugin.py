"""The pytest plugin under its public name, for `-p wireproof.plugin`, with the fixtures for tests of one's own."""

from wireproof.session.pytest_plugin.exchange_fixture import wireproof_exchange as wireproof_exchange
from wireproof.session.pytest_plugin.plugin import *  # noqa: F403 - pytest reads every hook
from wireproof.session.pytest_plugin.server_fixture import wireproof_server as wireproof_server
