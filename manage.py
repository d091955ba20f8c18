#!/usr/bin/env python
"""Videothek's command line; `config/commandline.py` says which commands bring up the servers first."""

import sys

from config.commandline import main

if __name__ == "__main__":
    sys.exit(main(sys.argv))
