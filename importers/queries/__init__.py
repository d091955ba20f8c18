"""Reading what was imported, for pages and reports."""
