"""The contract: what is promised, and who is asked: providers, clauses, schemas, cases, targets."""
