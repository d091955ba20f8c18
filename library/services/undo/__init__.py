"""Taking a change batch back: what would happen (`plan`), and doing it (`apply`). Callers use `services.history`."""
