"""Giving kudos and taking them back."""
