"""What happens after a model is put to use: questions are logged, people say what was wrong, and both become rows."""
