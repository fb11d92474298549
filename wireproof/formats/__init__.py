"""Readers and writers of bytes and texts, without I/O except for YAML files."""
