"""Mutation of the judging code: small changes to it, each of which the verdicts on recorded evidence should reveal."""
