"""What people see who were sent a link: one thing, and nothing else of the library."""
