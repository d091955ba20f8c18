"""What machines propose about videos: kinds of things that can be proposed, providers, and the work of both."""
