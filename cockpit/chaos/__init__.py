"""The whole desk under seeded faults in virtual time, with invariants that are checked all along."""
