"""What gets a checkout ready to work in."""
