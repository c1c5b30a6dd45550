"""Public books decoded straight from the venue's bytes, for venues whose books are hot; ccxt is the fallback."""
