"""Rich text, read from and written for each service that has a form of its own."""
