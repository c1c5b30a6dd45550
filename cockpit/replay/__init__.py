"""A past session out of a journal, as a desk that the screens attach to: `cockpit replay`."""
