"""The pages of faces."""
