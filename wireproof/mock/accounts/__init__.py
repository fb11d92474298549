"""Accounts: what each key has used, and what is refused to it."""
