"""People and studios: finding them by name, naming them on videos, merging them."""
