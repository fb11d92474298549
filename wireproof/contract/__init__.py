"""Contracts: providers, clauses, schemas and cases, and the targets that a run judges by them."""
