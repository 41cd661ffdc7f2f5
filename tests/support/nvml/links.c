/* A GPU's ways to other GPUs: NVLink, the NVSwitch fabric, PCIe. */

#include "nvml.h"

#include <stdio.h>

typedef unsigned long long u64;

/* `nvlinks` links, up unless `nvlink.3 = 0`. */
NVML nvmlDeviceGetNvLinkState(struct device *device, unsigned link, unsigned *up)
{
    BEGIN_DEVICE(device);
    unsigned links;
    result = call_u32(&call, "nvlinks", &links);
    if (result == SUCCESS && link >= links)
        result = INVALID_ARGUMENT;
    if (result == SUCCESS) {
        char key[32];
        snprintf(key, sizeof key, "nvlink.%u", link);
        *up = (unsigned)call_number_or(&call, key, 1);
    }
    END;
}

NVML nvmlDeviceGetNvLinkVersion(struct device *device, unsigned link, unsigned *version)
{
    BEGIN_DEVICE(device);
    (void)link;
    result = call_u32(&call, "nvlink_version", version);
    END;
}

NVML nvmlDeviceGetNvLinkErrorCounter(struct device *device, unsigned link, unsigned counter, u64 *count)
{
    BEGIN_DEVICE(device);
    (void)link, (void)counter;
    result = call_u64(&call, "nvlink_errors", count);
    END;
}

struct fabric {
    unsigned char cluster[16];
    unsigned status, clique, state;
};

struct fabric_v2 {
    unsigned version;
    struct fabric fabric;
    unsigned health;
};

struct fabric_v3 {
    struct fabric_v2 v2;
    unsigned char summary;
};

/* `status` holds the result of the probe, and has a meaning once the state is 3 (completed). */
static int fabric(const struct call *call, struct fabric *fabric)
{
    int result = call_u32(call, "fabric_state", &fabric->state);
    if (result == SUCCESS) {
        fabric->status = (unsigned)call_number_or(call, "fabric_status", 0);
        fabric->clique = (unsigned)call_number_or(call, "fabric_clique", 0);
    }
    return result;
}

NVML nvmlDeviceGetGpuFabricInfo(struct device *device, struct fabric *info)
{
    BEGIN_DEVICE(device);
    result = fabric(&call, info);
    END;
}

NVML nvmlDeviceGetGpuFabricInfoV(struct device *device, struct fabric_v3 *info)
{
    BEGIN_DEVICE(device);
    int third = info->v2.version == VERSION(struct fabric_v3, 3);
    int known = third || info->v2.version == VERSION(struct fabric_v2, 2);
    result = known ? fabric(&call, &info->v2.fabric) : VERSION_MISMATCH;
    if (result == SUCCESS) {
        info->v2.health = (unsigned)call_number_or(&call, "fabric_health", 0);
        if (third)
            info->summary = (unsigned char)call_number_or(&call, "fabric_summary", 0);
    }
    END;
}

/* `topology.3` of the first GPU is the level at which it meets GPU 3. */
NVML nvmlDeviceGetTopologyCommonAncestor(struct device *device, struct device *other, unsigned *level)
{
    BEGIN_DEVICE(device);
    if (!nvml_is_device(other))
        result = INVALID_ARGUMENT;
    if (result == SUCCESS) {
        char key[32];
        snprintf(key, sizeof key, "topology.%d", other->gpu);
        *level = (unsigned)call_number_or(&call, key, call_number_or(&call, "topology", 40));
    }
    END;
}

NVML nvmlDeviceGetP2PStatus(struct device *device, struct device *other, unsigned capability, unsigned *status)
{
    BEGIN_DEVICE(device);
    (void)other, (void)capability;
    *status = (unsigned)call_number_or(&call, "p2p", 0);
    END;
}
