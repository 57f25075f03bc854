"""Joining the workspaces of one customer into one organisation."""
