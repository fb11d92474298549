"""The commands of `wireproof`, one a module: `add` registers its arguments and the function that runs it."""
