"""Budgets and the lock file: what a project asks of its models, and what they were."""
