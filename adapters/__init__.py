"""Everything that talks to the outside, but the database."""
