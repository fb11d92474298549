"""Results of a load run: metrics, percentiles, comparison."""
