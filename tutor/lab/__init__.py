"""The process that runs demos, and how the app talks to it."""
