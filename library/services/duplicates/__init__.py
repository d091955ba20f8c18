"""Finding videos that show the same, remembering what people said about them, and keeping the best of them."""
