"""What `manage.py up` and commands on their own do besides the servers: database, first account, static files."""
