"""Taking, keeping and thinning snapshots."""
