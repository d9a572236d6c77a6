"""What the commands of `liaison` do; bot/__main__.py only declares them."""
