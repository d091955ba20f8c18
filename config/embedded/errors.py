"""What can go wrong with the servers."""


class StackError(Exception):
    """A sentence for the person at the terminal: what happened and what to do next."""
