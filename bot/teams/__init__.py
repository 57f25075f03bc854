"""Teams as their supervisors set them up: people, home, times, absence."""
