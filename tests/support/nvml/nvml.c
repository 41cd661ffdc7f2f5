/* The library itself: its devices, starting and ending, and what it says of the host. */

#include "nvml.h"

enum { PLACES = 1 + SLICES };

static struct device devices[GPUS][PLACES];
static atomic_int starts; /* nvmlInit counts, and only the last nvmlShutdown ends */

struct device *nvml_device(int gpu, int slice)
{
    return &devices[gpu][1 + slice];
}

int nvml_is_device(const struct device *device)
{
    return device >= devices[0] && device < devices[GPUS];
}

int nvml_count(const struct call *call)
{
    struct call host = *call;
    host.device = NULL;
    int count = (int)call_number_or(&host, "count", 0);
    return count < GPUS ? count : GPUS;
}

int nvml_begin_search(struct call *call, const char *function)
{
    call_open(call, "system", function, NULL);
    return atomic_load(&starts) > 0 ? SUCCESS : UNINITIALIZED;
}

int nvml_begin(struct call *call, const char *function)
{
    int result = nvml_begin_search(call, function);
    return result == SUCCESS ? call_fault(call) : result;
}

int nvml_begin_device(struct call *call, const char *function, const struct device *device)
{
    int known = nvml_is_device(device);
    call_open(call, "system", function, known ? device : NULL);
    if (atomic_load(&starts) <= 0)
        return UNINITIALIZED;
    return known ? call_fault(call) : INVALID_ARGUMENT;
}

int nvml_stub(const char *function)
{
    struct call call;
    int result = nvml_begin(&call, function);
    return call_close(&call, result == SUCCESS ? NOT_SUPPORTED : result);
}

/* ---- starting and ending ---- */

static int start(void)
{
    struct call call;
    call_open(&call, "system", "nvmlInit", NULL);
    int result = call.scenario->count ? call_fault(&call) : DRIVER_NOT_LOADED;
    for (int gpu = 0; gpu < GPUS; gpu++)
        for (int place = 0; place < PLACES; place++)
            devices[gpu][place] = (struct device){gpu, place - 1};
    if (result == SUCCESS)
        atomic_fetch_add(&starts, 1);
    END;
}

NVML nvmlInit(void) { return start(); }
NVML nvmlInit_v2(void) { return start(); }
NVML nvmlInitWithFlags(unsigned flags)
{
    (void)flags;
    return start();
}

NVML nvmlShutdown(void)
{
    BEGIN;
    atomic_fetch_sub(&starts, 1);
    END;
}

__attribute__((visibility("default"))) const char *nvmlErrorString(int result) { return error_words(result); }

/* ---- the host ---- */

NVML nvmlSystemGetDriverVersion(char *version, unsigned size)
{
    BEGIN;
    result = call_text(&call, "driver", version, size);
    END;
}

/* Answers before nvmlInit, too: it is the library's own. */
NVML nvmlSystemGetNVMLVersion(char *version, unsigned size)
{
    struct call call;
    call_open(&call, "system", __func__, NULL);
    int result = call_text(&call, "nvml", version, size);
    END;
}

NVML nvmlSystemGetCudaDriverVersion(unsigned *version)
{
    BEGIN;
    result = call_u32(&call, "cuda", version);
    END;
}

NVML nvmlSystemGetCudaDriverVersion_v2(unsigned *version)
{
    BEGIN;
    result = call_u32(&call, "cuda", version);
    END;
}

NVML nvmlDeviceGetCount(unsigned *count)
{
    BEGIN;
    *count = (unsigned)nvml_count(&call);
    END;
}

NVML nvmlDeviceGetCount_v2(unsigned *count)
{
    BEGIN;
    *count = (unsigned)nvml_count(&call);
    END;
}
