"""Failover: outages as clients measure them, compared with the status on the health page."""
