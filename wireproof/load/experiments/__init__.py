"""Experiments: sweep, failover, limits and calibration, which start load runs or probes."""
