"""What `make bench` measures, and the programs it measures against."""
