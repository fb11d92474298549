"""Formats: bytes and texts, read and written without I/O."""
