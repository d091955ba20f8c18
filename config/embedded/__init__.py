"""PostgreSQL and Redis from Python wheels, and the supervisor that runs them and everything else of Videothek.

Knows no Django: `manage.py` uses it before the settings load. Every failure that a person can mend is a `StackError`
whose text is the sentence to show.
"""
