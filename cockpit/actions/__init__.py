"""Everything an operator can do, in one list: keys, key bar, help, palette and command line are made from it."""
