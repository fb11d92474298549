"""The generator behind the answers: deterministic, with the same answer for the same request."""
