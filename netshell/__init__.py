"""netshell: an interactive teaching shell for Linux networking."""

__version__ = "0.1.0"
