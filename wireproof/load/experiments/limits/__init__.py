"""The limit of an endpoint, found out by meeting it: how much it admits, in which window, and what it tells."""
