"""Reports: pure functions from facts to text and data. Nothing here sends, judges or decides."""
