"""A provider as the reference server reads it: profile, rules, routes, refusals."""
