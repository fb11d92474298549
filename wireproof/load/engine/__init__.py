"""The load engine on locust: users, connections, time stamps.

Locust patches sockets, so this package never runs in the process of a conformance run.
"""
