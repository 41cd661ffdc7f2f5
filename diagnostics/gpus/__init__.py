"""GPUs as NVML reads them, live."""
