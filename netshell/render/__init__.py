"""Values as rich renderables."""
