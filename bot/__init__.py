"""The recognition core: no chat SDK, no SQL, no HTTP, no clock of its own."""
