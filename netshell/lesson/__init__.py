"""Lessons: Markdown in, values and every fault out."""
