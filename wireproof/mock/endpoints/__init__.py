"""The endpoints of the reference server, one a module."""
