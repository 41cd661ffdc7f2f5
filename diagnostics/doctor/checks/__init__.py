"""What can be wrong with a host, a module a theme: pure functions from Facts to findings."""
