"""Terminals: real bashes on ptys, followed by the marks that they print, and what Tab offers in them."""
