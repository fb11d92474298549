"""The client: sends cases to one target within its connections, pace and budget."""
