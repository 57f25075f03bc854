"""The front door: the command line, and the one place where the floors of the house are put together."""
