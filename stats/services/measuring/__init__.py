"""What each kind of snapshot holds. Each module has a `measure`, which writes nothing."""
