"""Derives faults over whole classes from fault-free answers, and measures the share that the checks catch."""
