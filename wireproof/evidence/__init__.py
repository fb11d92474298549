"""Evidence: exchanges, the ledger that stores them, and the masking of secrets."""
