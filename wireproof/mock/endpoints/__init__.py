"""The endpoints, one a module."""
