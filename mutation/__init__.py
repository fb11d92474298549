"""Mutation of the judges: small changes to the code that judges, each to be noticed on recorded evidence."""
