"""Finding faces, telling whose they are, and taking it back."""
