"""Pages of a load run: load.html and load.md."""
