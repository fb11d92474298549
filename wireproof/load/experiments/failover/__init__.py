"""Cells that go down and come back: what clients saw of it, and whether the health page told the truth."""
