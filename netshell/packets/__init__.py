"""Bytes from the wire as layers and fields; it reads whatever comes and never raises."""
