"""What a learner sits at."""
