/* What the entry points of the simulated libnvidia-ml are made with. The layouts of structures are nvidia-ml-py's. */

#pragma once

#include "call.h"

enum { GPUS = 64, SLICES = 8 };

#define NVML __attribute__((visibility("default"))) int

/* Opens a call and returns at once where it fails; `result` is SUCCESS after it. */
#define BEGIN_WITH(begun)     \
    struct call call;         \
    int result = (begun);     \
    if (result != SUCCESS)    \
    return call_close(&call, result)

#define BEGIN BEGIN_WITH(nvml_begin(&call, __func__))
#define BEGIN_DEVICE(device) BEGIN_WITH(nvml_begin_device(&call, __func__, (device)))
#define BEGIN_SEARCH BEGIN_WITH(nvml_begin_search(&call, __func__))
#define END return call_close(&call, result)

/* The version field of a versioned structure: its size, and its version in the top byte. */
#define VERSION(type, number) ((unsigned)sizeof(type) | (unsigned)(number) << 24)

/* UNINITIALIZED before nvmlInit, INVALID_ARGUMENT for what is no handle, else what the scenario wants to go wrong. */
int nvml_begin(struct call *call, const char *function);
int nvml_begin_device(struct call *call, const char *function, const struct device *device);

/* As nvml_begin, without faults: those of the device that is searched for come once it is known. */
int nvml_begin_search(struct call *call, const char *function);

int nvml_is_device(const struct device *device);

/* A function that pynvml knows and nothing is simulated of: NOT_SUPPORTED, unless a fault says otherwise. */
int nvml_stub(const char *function);

/* The handle of a GPU, or of a slice of it; how many GPUs there are. */
struct device *nvml_device(int gpu, int slice);
int nvml_count(const struct call *call);
