"""The same strategies and the same desk on virtual time, as fast as the machine goes."""
