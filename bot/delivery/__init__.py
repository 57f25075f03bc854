"""The outbox: every message decided in a transaction goes out once, in order, at the pace its conversation allows."""
