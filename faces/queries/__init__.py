"""What the pages of faces ask. Everything is bounded."""
