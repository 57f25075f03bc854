"""The Microsoft Teams adapter: activities in, Adaptive Cards out."""
