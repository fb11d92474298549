"""Proves the checks: injects every fault of the reference server and finds the checks that notice it."""
