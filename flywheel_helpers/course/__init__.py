"""What a notebook shows: answers, results, figures, progress, and the checks of its exercises."""
