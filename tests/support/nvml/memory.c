/* A GPU's memory: how much of it is used, and its errors. */

#include "nvml.h"

typedef unsigned long long u64;

struct memory {
    u64 total, free, used;
};

struct memory_v2 {
    unsigned version;
    u64 total, reserved, free, used;
};

static int memory(const struct call *call, struct memory_v2 *memory)
{
    int result = call_u64(call, "memory_total", &memory->total);
    if (result != SUCCESS)
        return result;
    memory->reserved = (u64)call_number_or(call, "memory_reserved", 0);
    memory->used = (u64)call_number_or(call, "memory_used", 0);
    memory->free = memory->total - memory->reserved - memory->used;
    return SUCCESS;
}

/* The first version counts what the driver keeps for itself as used. */
NVML nvmlDeviceGetMemoryInfo(struct device *device, struct memory *info)
{
    BEGIN_DEVICE(device);
    struct memory_v2 newer;
    result = memory(&call, &newer);
    if (result == SUCCESS)
        *info = (struct memory){newer.total, newer.free, newer.used + newer.reserved};
    END;
}

NVML nvmlDeviceGetMemoryInfo_v2(struct device *device, struct memory_v2 *info)
{
    BEGIN_DEVICE(device);
    result = info->version == VERSION(struct memory_v2, 2) ? memory(&call, info) : VERSION_MISMATCH;
    END;
}

NVML nvmlDeviceGetBAR1MemoryInfo(struct device *device, struct memory *info)
{
    BEGIN_DEVICE(device);
    result = call_u64(&call, "bar1_total", &info->total);
    if (result == SUCCESS) {
        info->used = (u64)call_number_or(&call, "bar1_used", 0);
        info->free = info->total - info->used;
    }
    END;
}

/* ---- errors ---- */

/* [corrected or not][since the driver was loaded, or ever] */
static const char *const ECC[2][2] = {{"ecc_corrected", "ecc_corrected_ever"},
                                      {"ecc_uncorrected", "ecc_uncorrected_ever"}};

NVML nvmlDeviceGetTotalEccErrors(struct device *device, unsigned kind, unsigned counter, u64 *count)
{
    BEGIN_DEVICE(device);
    result = kind < 2 && counter < 2 ? call_u64(&call, ECC[kind][counter], count) : INVALID_ARGUMENT;
    END;
}

NVML nvmlDeviceGetMemoryErrorCounter(struct device *device, unsigned kind, unsigned counter, unsigned place, u64 *count)
{
    enum { DEVICE_MEMORY = 2 };
    BEGIN_DEVICE(device);
    result = kind < 2 && counter < 2 ? call_u64(&call, ECC[kind][counter], count) : INVALID_ARGUMENT;
    if (result == SUCCESS && place != DEVICE_MEMORY)
        *count = 0;
    END;
}

NVML nvmlDeviceGetRemappedRows(struct device *device, unsigned *corrected, unsigned *uncorrected, unsigned *pending,
                               unsigned *failed)
{
    BEGIN_DEVICE(device);
    result = call_u32(&call, "remap_corrected", corrected);
    if (result == SUCCESS) {
        *uncorrected = (unsigned)call_number_or(&call, "remap_uncorrected", 0);
        *pending = (unsigned)call_number_or(&call, "remap_pending", 0);
        *failed = (unsigned)call_number_or(&call, "remap_failed", 0);
    }
    END;
}

/* Addresses of retired pages are made up; their number is the scenario's. */
static int retired_pages(const struct call *call, unsigned cause, unsigned *count, u64 *addresses, u64 *times)
{
    static const char *const keys[] = {"retired_single", "retired_double"};
    unsigned room = *count;
    int result = cause < 2 ? call_u32(call, keys[cause], count) : INVALID_ARGUMENT;
    if (result != SUCCESS || *count == 0)
        return result;
    if (!addresses || room < *count)
        return INSUFFICIENT_SIZE;
    for (unsigned i = 0; i < *count; i++) {
        addresses[i] = 0x1000 * (i + 1);
        if (times)
            times[i] = 1700000000 + i;
    }
    return SUCCESS;
}

NVML nvmlDeviceGetRetiredPages(struct device *device, unsigned cause, unsigned *count, u64 *addresses)
{
    BEGIN_DEVICE(device);
    result = retired_pages(&call, cause, count, addresses, NULL);
    END;
}

NVML nvmlDeviceGetRetiredPages_v2(struct device *device, unsigned cause, unsigned *count, u64 *addresses, u64 *times)
{
    BEGIN_DEVICE(device);
    result = retired_pages(&call, cause, count, addresses, times);
    END;
}
