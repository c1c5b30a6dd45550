"""Venues: the domain model, the `Venue` protocol, the paper exchange and the adapters. Imports nothing of ours."""
