"""Organisations, people, teams and roles."""
