"""The terminal app: screens and widgets. Free of torch."""
