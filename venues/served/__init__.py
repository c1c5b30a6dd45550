"""The paper exchange as a server that real exchange clients talk to."""
