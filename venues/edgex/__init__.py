"""edgeX, which ccxt does not reach, through the venue's own SDK (the extra `edgex`)."""
