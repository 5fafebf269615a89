"""The Evals tab: a user's own questions, how they are answered, and the report of it."""
