"""Evidence: what was sent and what came back, frozen, redacted, written down and read again."""
