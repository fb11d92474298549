"""Load: the same cases, asked by many at once, and timed at the socket.

Locust is imported here alone. It patches sockets, so nothing here runs in the process of a conformance run.
"""
