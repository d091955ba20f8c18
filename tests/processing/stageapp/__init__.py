"""An app whose stages wait, hang and crash: the worker processes of tests run it."""
