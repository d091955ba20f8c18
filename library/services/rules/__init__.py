"""Rules: checking them, finding what they meet, applying them, and learning new ones."""
