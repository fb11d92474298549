"""The proof: every fault of the reference server against every check."""
