/* MIG: whether it is on, and its slices. A slice is there when the scenario has a section for it. */

#include "nvml.h"

#include <stdio.h>
#include <string.h>

static int has_slice(const struct call *call, int gpu, int slice)
{
    char section[32];
    snprintf(section, sizeof section, "mig.%d.%d", gpu, slice);
    return scenario_has_section(call->scenario, section);
}

NVML nvmlDeviceGetMigMode(struct device *device, unsigned *now, unsigned *pending)
{
    BEGIN_DEVICE(device);
    result = device->slice == WHOLE ? call_u32(&call, "mig", now) : INVALID_ARGUMENT;
    if (result == SUCCESS)
        *pending = (unsigned)call_number_or(&call, "mig_pending", *now);
    END;
}

NVML nvmlDeviceIsMigDeviceHandle(struct device *device, unsigned *is_slice)
{
    BEGIN_DEVICE(device);
    *is_slice = device->slice != WHOLE;
    END;
}

/* Seven on a GPU that knows MIG, on or off, and none on others. */
NVML nvmlDeviceGetMaxMigDeviceCount(struct device *device, unsigned *count)
{
    BEGIN_DEVICE(device);
    unsigned mig;
    *count = call_u32(&call, "mig", &mig) == SUCCESS ? 7 : 0;
    END;
}

NVML nvmlDeviceGetMigDeviceHandleByIndex(struct device *device, unsigned index, struct device **slice)
{
    BEGIN_DEVICE(device);
    unsigned mig;
    result = device->slice == WHOLE ? call_u32(&call, "mig", &mig) : INVALID_ARGUMENT;
    if (result == SUCCESS && !(mig && index < SLICES && has_slice(&call, device->gpu, (int)index)))
        result = NOT_FOUND;
    if (result == SUCCESS)
        *slice = nvml_device(device->gpu, (int)index);
    END;
}

NVML nvmlDeviceGetDeviceHandleFromMigDeviceHandle(struct device *slice, struct device **device)
{
    BEGIN_DEVICE(slice);
    if (slice->slice == WHOLE)
        result = INVALID_ARGUMENT;
    else
        *device = nvml_device(slice->gpu, WHOLE);
    END;
}

NVML nvmlDeviceGetGpuInstanceId(struct device *device, unsigned *id)
{
    BEGIN_DEVICE(device);
    if (device->slice == WHOLE)
        result = NOT_SUPPORTED;
    else
        *id = (unsigned)call_number_or(&call, "gpu_instance", device->slice + 1);
    END;
}

NVML nvmlDeviceGetComputeInstanceId(struct device *device, unsigned *id)
{
    BEGIN_DEVICE(device);
    if (device->slice == WHOLE)
        result = NOT_SUPPORTED;
    else
        *id = (unsigned)call_number_or(&call, "compute_instance", 0);
    END;
}

struct attributes {
    unsigned multiprocessors, copy_engines, decoders, encoders, jpegs, ofas, gpu_slices, compute_slices;
    unsigned long long memory_mib;
};

NVML nvmlDeviceGetAttributes_v2(struct device *device, struct attributes *attributes)
{
    BEGIN_DEVICE(device);
    memset(attributes, 0, sizeof *attributes);
    result = device->slice == WHOLE ? NOT_SUPPORTED : call_u32(&call, "multiprocessors", &attributes->multiprocessors);
    attributes->gpu_slices = (unsigned)call_number_or(&call, "gpu_slices", 1);
    attributes->compute_slices = (unsigned)call_number_or(&call, "compute_slices", 1);
    attributes->memory_mib = (unsigned long long)(call_number_or(&call, "memory_total", 0) / 0x1p20);
    END;
}
