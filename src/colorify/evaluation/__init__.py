"""How good are the colours? Measured on photos whose colours are known."""
