"""Loads wireproof's plugin, which stays inert unless checks are collected."""

pytest_plugins = ["wireproof.plugin"]
