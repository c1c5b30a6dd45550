"""The desk's own process: the desk behind the link, with its venues and its journal."""
