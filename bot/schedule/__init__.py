"""When things are due: local wall-clock times as rows, looked at by whoever ticks."""
