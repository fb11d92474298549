"""Cells: endpoints that serve load, with slots, latency and outages."""
