"""The pages of people, studios and tags."""
