/* The library itself: starting and ending, the host, and handles. */

#include "nvml.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { GPUS = 64, SLICES = 8, PLACES = 1 + SLICES };

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

int nvml_begin(struct call *call, const char *function)
{
    call_open(call, "system", function, NULL);
    return atomic_load(&starts) > 0 ? call_fault(call) : UNINITIALIZED;
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

/* ---- handles ---- */

/* Ends a call that looked for a device. A GPU's faults are those of its handle, too: a lost one gives none. */
static int hand_out(struct call *call, struct device *found, struct device **device, int otherwise)
{
    call->device = found;
    int result = found ? call_fault(call) : otherwise;
    if (result == SUCCESS)
        *device = found;
    return call_close(call, result);
}

NVML nvmlDeviceGetHandleByIndex(unsigned index, struct device **device)
{
    BEGIN;
    int known = (int)index < nvml_count(&call);
    return hand_out(&call, known ? nvml_device((int)index, WHOLE) : NULL, device, INVALID_ARGUMENT);
}

NVML nvmlDeviceGetHandleByIndex_v2(unsigned index, struct device **device)
{
    BEGIN;
    int known = (int)index < nvml_count(&call);
    return hand_out(&call, known ? nvml_device((int)index, WHOLE) : NULL, device, INVALID_ARGUMENT);
}

static void uuid_of(struct call call, struct device *device, char text[96])
{
    call.device = device;
    if (call_line(&call, "uuid"))
        text[call_text(&call, "uuid", text, 96) == SUCCESS ? 95 : 0] = '\0';
    else if (device->slice == WHOLE)
        snprintf(text, 96, "GPU-5a1e7000-0000-4000-8000-%012x", device->gpu);
    else
        snprintf(text, 96, "MIG-5a1e7000-0000-5000-8000-%08x%04x", device->gpu, device->slice);
}

static void address_of(struct call call, struct device *device, char text[32])
{
    call.device = device;
    if (call_line(&call, "pci"))
        text[call_text(&call, "pci", text, 32) == SUCCESS ? 31 : 0] = '\0';
    else
        snprintf(text, 32, "00000000:%02X:00.0", 1 + 8 * device->gpu);
}

static void serial_of(struct call call, struct device *device, char text[32])
{
    call.device = device;
    text[call_text(&call, "serial", text, 32) == SUCCESS ? 31 : 0] = '\0';
}

NVML nvmlDeviceGetHandleByUUID(const char *uuid, struct device **device)
{
    BEGIN;
    struct device *found = NULL;
    for (int gpu = 0; gpu < nvml_count(&call); gpu++)
        for (int slice = WHOLE; slice < SLICES; slice++) {
            char text[96];
            uuid_of(call, nvml_device(gpu, slice), text);
            if (!strcmp(text, uuid))
                found = nvml_device(gpu, slice);
        }
    return hand_out(&call, found, device, NOT_FOUND);
}

NVML nvmlDeviceGetHandleByPciBusId_v2(const char *address, struct device **device)
{
    BEGIN;
    struct device *found = NULL;
    for (int gpu = 0; gpu < nvml_count(&call); gpu++) {
        char text[32];
        address_of(call, nvml_device(gpu, WHOLE), text);
        if (!strcasecmp(text, address) || (strlen(text) > 4 && !strcasecmp(text + 4, address)))
            found = nvml_device(gpu, WHOLE);
    }
    return hand_out(&call, found, device, NOT_FOUND);
}

NVML nvmlDeviceGetHandleBySerial(const char *serial, struct device **device)
{
    BEGIN;
    struct device *found = NULL;
    for (int gpu = 0; gpu < nvml_count(&call); gpu++) {
        char text[32];
        serial_of(call, nvml_device(gpu, WHOLE), text);
        if (*text && !strcmp(text, serial))
            found = nvml_device(gpu, WHOLE);
    }
    return hand_out(&call, found, device, NOT_FOUND);
}

NVML nvmlDeviceGetIndex(struct device *device, unsigned *index)
{
    BEGIN_DEVICE(device);
    *index = (unsigned)(device->slice == WHOLE ? device->gpu : device->slice);
    END;
}

NVML nvmlDeviceGetMinorNumber(struct device *device, unsigned *number)
{
    BEGIN_DEVICE(device);
    *number = (unsigned)call_number_or(&call, "minor", device->gpu);
    END;
}

NVML nvmlDeviceGetUUID(struct device *device, char *uuid, unsigned size)
{
    BEGIN_DEVICE(device);
    char text[96];
    uuid_of(call, device, text);
    if (!*text)
        result = NOT_SUPPORTED;
    else if (snprintf(uuid, size, "%s", text) >= (int)size)
        result = INSUFFICIENT_SIZE;
    END;
}

/* ---- PCI ---- */

struct pci_v2 {
    char address[16]; /* with a domain of four digits */
    unsigned domain, bus, device, pci_device, subsystem, reserved[4];
};

struct pci_v3 {
    char legacy[16];
    unsigned domain, bus, device, pci_device, subsystem;
    char address[32];
};

static int pci_info(const struct call *call, struct device *device, struct pci_v3 *info)
{
    memset(info, 0, sizeof *info);
    address_of(*call, device, info->address);
    if (!*info->address)
        return NOT_SUPPORTED;
    snprintf(info->legacy, sizeof info->legacy, "%.15s", info->address + 4);
    sscanf(info->address, "%x:%x:%x", &info->domain, &info->bus, &info->device);
    info->pci_device = (unsigned)call_number_or(call, "pci_device", 0);
    info->subsystem = (unsigned)call_number_or(call, "pci_subsystem", 0);
    return SUCCESS;
}

NVML nvmlDeviceGetPciInfo_v3(struct device *device, struct pci_v3 *info)
{
    BEGIN_DEVICE(device);
    result = pci_info(&call, device, info);
    END;
}

NVML nvmlDeviceGetPciInfo_v2(struct device *device, struct pci_v2 *info)
{
    BEGIN_DEVICE(device);
    struct pci_v3 newer;
    result = pci_info(&call, device, &newer);
    if (result == SUCCESS) {
        memset(info, 0, sizeof *info);
        memcpy(info->address, newer.legacy, sizeof info->address);
        memcpy(&info->domain, &newer.domain, 5 * sizeof info->domain);
    }
    END;
}

/* ---- MIG ---- */

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
    if (result == SUCCESS) {
        int known = mig && index < SLICES && has_slice(&call, device->gpu, (int)index);
        return hand_out(&call, known ? nvml_device(device->gpu, (int)index) : NULL, slice, NOT_FOUND);
    }
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
