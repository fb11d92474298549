"""Measures the rate limit of an endpoint: requests admitted, window, model, and the accuracy of its headers."""
