"""Live accounts as venues: keys out of the keyring, the adapter, and a gate that the operator opens."""
