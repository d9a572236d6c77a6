"""How fast Liaison is: ratios against a bare Bolt app, measured side by side in one run. See docs and `make bench`."""
