"""Private prompts to supervisors: who has gone unrecognised for long."""
