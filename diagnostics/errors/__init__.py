"""What PyTorch's error messages mean: a catalogue as data, readers of logs, and `explain`."""
