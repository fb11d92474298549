"""Runs the command line for `python -m wireproof`."""

from wireproof.cli.main import main

raise SystemExit(main())
