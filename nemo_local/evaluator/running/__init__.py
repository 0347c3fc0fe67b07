"""Running an evaluation: asking the model, scoring its answers, keeping what a job has so far."""
