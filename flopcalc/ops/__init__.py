"""The operations: what each costs. Every formula lives here, nowhere else."""
