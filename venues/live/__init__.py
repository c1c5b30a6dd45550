"""Live venues through ccxt.pro: one adapter, and one dialect file for what a venue does in its own way."""
