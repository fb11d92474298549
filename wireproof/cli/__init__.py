"""The commands of `wireproof`, one per module: `add` registers a command, `run` executes it."""
