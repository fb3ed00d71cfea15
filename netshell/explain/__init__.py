"""Words for what the kernel and the wire show."""
