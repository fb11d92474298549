"""The reference server: every contract of providers.yaml, answered as promised or wrong on demand."""
