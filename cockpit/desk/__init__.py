"""The desk: orders, hedging, ledger, journal, risk, flatten. Headless; it knows neither the link nor the face."""
