"""The course: one folder a topic, and kit, what lessons are made of."""
