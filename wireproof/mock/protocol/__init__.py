"""Protocol: requests, answers and wire operations as values."""
