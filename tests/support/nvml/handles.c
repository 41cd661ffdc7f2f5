/* From an index, a UUID, an address or a serial number to a GPU's handle, and back. */

#include "nvml.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Ends a search. A GPU's faults are those of its handle, too: a lost one gives none. */
static int hand_out(struct call *call, struct device *found, struct device **device, int otherwise)
{
    call->device = found;
    int result = call_fault(call);
    if (result == SUCCESS && !found)
        result = otherwise;
    if (result == SUCCESS)
        *device = found;
    return call_close(call, result);
}

NVML nvmlDeviceGetHandleByIndex(unsigned index, struct device **device)
{
    BEGIN_SEARCH;
    int known = (int)index < nvml_count(&call);
    return hand_out(&call, known ? nvml_device((int)index, WHOLE) : NULL, device, INVALID_ARGUMENT);
}

NVML nvmlDeviceGetHandleByIndex_v2(unsigned index, struct device **device)
{
    BEGIN_SEARCH;
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
    BEGIN_SEARCH;
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
    BEGIN_SEARCH;
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
    BEGIN_SEARCH;
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
        *info = (struct pci_v2){.domain = newer.domain, .bus = newer.bus, .device = newer.device,
                                .pci_device = newer.pci_device, .subsystem = newer.subsystem};
        memcpy(info->address, newer.legacy, sizeof info->address);
    }
    END;
}
