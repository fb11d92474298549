"""Judging: checks turn evidence into verdicts, without network or clock."""
