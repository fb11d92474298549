"""HTTP: connections, TLS, and the ASGI front."""
