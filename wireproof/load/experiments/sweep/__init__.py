"""The highest load that an endpoint carries: one load run after another, until the answer lies between two of them."""
