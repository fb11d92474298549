"""Load runs: the same cases, sent by many users at once and timed at the socket.

Only this package imports locust. Locust patches sockets, so its engine never runs in the process of a conformance run.
"""
