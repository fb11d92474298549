"""The load engine on locust: users, connections, stamps. Locust patches sockets, so nothing here runs in the process of a conformance run."""
