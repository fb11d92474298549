"""`python -m wireproof`."""

from wireproof.cli import main

raise SystemExit(main())
