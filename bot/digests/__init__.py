"""The weekly shout-out to a team."""
