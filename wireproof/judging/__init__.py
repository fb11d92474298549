"""Judging: checks turn evidence into verdicts, without network and clock."""
