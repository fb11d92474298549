"""Reports of load runs: load.html and load.md."""
