"""Accounts: what each key has used, and what it is refused."""
