"""The systems that people come from, one package each."""
