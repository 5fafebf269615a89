"""Is it grounded? Golden questions, metrics, runs and reports."""
