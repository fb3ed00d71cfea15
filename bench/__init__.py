"""The figures that matter, each measured beside its reference; `bench/run.py` runs them."""
