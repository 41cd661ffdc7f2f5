"""A library without a screen: what it finds is data, and the floors above show it."""
