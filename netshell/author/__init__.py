"""What authors of lessons have: the proof that a lesson works, and the watch over a file that is being written."""
