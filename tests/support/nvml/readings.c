/* What a GPU says of itself: one line of a table where NVML gives one value, a function where it gives a structure. */

#include "nvml.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef unsigned long long u64;

/* ---- one value ---- */

#define TEXT(function, key)                                          \
    NVML function(struct device *device, char *out, unsigned size)   \
    {                                                                \
        BEGIN_DEVICE(device);                                        \
        result = call_text(&call, key, out, size);                   \
        END;                                                         \
    }

#define NUMBER(function, key)                           \
    NVML function(struct device *device, unsigned *out) \
    {                                                   \
        BEGIN_DEVICE(device);                           \
        result = call_u32(&call, key, out);             \
        END;                                            \
    }

#define LONG_NUMBER(function, key)                 \
    NVML function(struct device *device, u64 *out) \
    {                                              \
        BEGIN_DEVICE(device);                      \
        result = call_u64(&call, key, out);        \
        END;                                       \
    }

/* Two numbers, of which the second is like the first unless the scenario says otherwise. */
#define PAIR(function, first, second)                                  \
    NVML function(struct device *device, unsigned *one, unsigned *two) \
    {                                                                  \
        BEGIN_DEVICE(device);                                          \
        result = call_u32(&call, first, one);                          \
        if (result == SUCCESS)                                         \
            *two = (unsigned)call_number_or(&call, second, *one);      \
        END;                                                           \
    }

TEXT(nvmlDeviceGetName, "name")
TEXT(nvmlDeviceGetSerial, "serial")
TEXT(nvmlDeviceGetVbiosVersion, "vbios")
TEXT(nvmlDeviceGetBoardPartNumber, "part")
TEXT(nvmlDeviceGetInforomImageVersion, "inforom")
TEXT(nvmlDeviceGetGspFirmwareVersion, "gsp")

NUMBER(nvmlDeviceGetBrand, "brand")
NUMBER(nvmlDeviceGetArchitecture, "architecture")
NUMBER(nvmlDeviceGetNumGpuCores, "cores")
NUMBER(nvmlDeviceGetMemoryBusWidth, "memory_bus")
NUMBER(nvmlDeviceGetMultiGpuBoard, "multi_gpu_board")
NUMBER(nvmlDeviceGetNumaNodeId, "numa")
NUMBER(nvmlDeviceGetVirtualizationMode, "virtualization")
NUMBER(nvmlDeviceGetPersistenceMode, "persistence")
NUMBER(nvmlDeviceGetComputeMode, "compute_mode")
NUMBER(nvmlDeviceGetDisplayMode, "display_mode")
NUMBER(nvmlDeviceGetDisplayActive, "display_active")
NUMBER(nvmlDeviceGetPerformanceState, "performance_state")
NUMBER(nvmlDeviceGetPowerState, "performance_state")
NUMBER(nvmlDeviceGetPowerUsage, "power")
NUMBER(nvmlDeviceGetPowerManagementMode, "power_management")
NUMBER(nvmlDeviceGetPowerManagementLimit, "power_limit")
NUMBER(nvmlDeviceGetEnforcedPowerLimit, "power_limit")
NUMBER(nvmlDeviceGetPowerManagementDefaultLimit, "power_default")
NUMBER(nvmlDeviceGetFanSpeed, "fan")
NUMBER(nvmlDeviceGetNumFans, "fans")
NUMBER(nvmlDeviceGetCurrPcieLinkGeneration, "link_generation")
NUMBER(nvmlDeviceGetMaxPcieLinkGeneration, "link_generation_max")
NUMBER(nvmlDeviceGetGpuMaxPcieLinkGeneration, "link_generation_gpu")
NUMBER(nvmlDeviceGetCurrPcieLinkWidth, "link_width")
NUMBER(nvmlDeviceGetMaxPcieLinkWidth, "link_width_max")
NUMBER(nvmlDeviceGetPcieReplayCounter, "link_replays")
NUMBER(nvmlDeviceGetRetiredPagesPendingStatus, "retired_pending")

LONG_NUMBER(nvmlDeviceGetTotalEnergyConsumption, "energy")
LONG_NUMBER(nvmlDeviceGetCurrentClocksThrottleReasons, "throttle")
LONG_NUMBER(nvmlDeviceGetCurrentClocksEventReasons, "throttle")
LONG_NUMBER(nvmlDeviceGetSupportedClocksThrottleReasons, "throttle_supported")
LONG_NUMBER(nvmlDeviceGetSupportedClocksEventReasons, "throttle_supported")

PAIR(nvmlDeviceGetEccMode, "ecc", "ecc_pending")
PAIR(nvmlDeviceGetPowerManagementLimitConstraints, "power_min", "power_max")
PAIR(nvmlDeviceGetEncoderUtilization, "utilisation_encoder", "sampling_period")
PAIR(nvmlDeviceGetDecoderUtilization, "utilisation_decoder", "sampling_period")
PAIR(nvmlDeviceGetJpgUtilization, "utilisation_jpeg", "sampling_period")
PAIR(nvmlDeviceGetOfaUtilization, "utilisation_ofa", "sampling_period")

/* ---- one value of several ---- */

#define LENGTH(list) (sizeof(list) / sizeof *(list))

/* The number of keys[which]. */
static int chosen(const struct call *call, const char *const *keys, size_t count, unsigned which, unsigned *out)
{
    return which < count ? call_u32(call, keys[which], out) : INVALID_ARGUMENT;
}

/* `capability = 8.9`. */
NVML nvmlDeviceGetCudaComputeCapability(struct device *device, int *major, int *minor)
{
    BEGIN_DEVICE(device);
    char text[16];
    result = call_text(&call, "capability", text, sizeof text);
    if (result == SUCCESS && sscanf(text, "%d.%d", major, minor) != 2)
        result = UNKNOWN;
    END;
}

struct rates {
    unsigned gpu, memory;
};

NVML nvmlDeviceGetUtilizationRates(struct device *device, struct rates *rates)
{
    BEGIN_DEVICE(device);
    result = call_u32(&call, "utilisation", &rates->gpu);
    if (result == SUCCESS)
        rates->memory = (unsigned)call_number_or(&call, "utilisation_memory", 0);
    END;
}

/* The GPU's own sensor is the only one. */
NVML nvmlDeviceGetTemperature(struct device *device, unsigned sensor, unsigned *degrees)
{
    BEGIN_DEVICE(device);
    result = sensor == 0 ? call_u32(&call, "temperature", degrees) : INVALID_ARGUMENT;
    END;
}

struct temperature {
    unsigned version, sensor;
    int degrees;
};

NVML nvmlDeviceGetTemperatureV(struct device *device, struct temperature *temperature)
{
    BEGIN_DEVICE(device);
    double degrees;
    if (temperature->version != VERSION(struct temperature, 1))
        result = VERSION_MISMATCH;
    else
        result = temperature->sensor == 0 ? call_number(&call, "temperature", &degrees) : INVALID_ARGUMENT;
    if (result == SUCCESS)
        temperature->degrees = (int)lround(degrees);
    END;
}

NVML nvmlDeviceGetTemperatureThreshold(struct device *device, unsigned threshold, unsigned *degrees)
{
    static const char *const keys[] = {"temperature_shutdown", "temperature_slowdown", "temperature_memory_max",
                                       "temperature_gpu_max"};
    BEGIN_DEVICE(device);
    result = chosen(&call, keys, LENGTH(keys), threshold, degrees);
    END;
}

/* In the order of nvmlClockType_t: graphics, SM, memory, video. */
static const char *const CLOCKS[] = {"clock", "clock_sm", "clock_memory", "clock_video"};
static const char *const CLOCKS_MAX[] = {"clock_max", "clock_sm_max", "clock_memory_max", "clock_video_max"};

NVML nvmlDeviceGetClockInfo(struct device *device, unsigned type, unsigned *megahertz)
{
    BEGIN_DEVICE(device);
    result = chosen(&call, CLOCKS, LENGTH(CLOCKS), type, megahertz);
    END;
}

NVML nvmlDeviceGetMaxClockInfo(struct device *device, unsigned type, unsigned *megahertz)
{
    BEGIN_DEVICE(device);
    result = chosen(&call, CLOCKS_MAX, LENGTH(CLOCKS_MAX), type, megahertz);
    END;
}

NVML nvmlDeviceGetFanSpeed_v2(struct device *device, unsigned fan, unsigned *percent)
{
    BEGIN_DEVICE(device);
    result = fan < call_number_or(&call, "fans", 0) ? call_u32(&call, "fan", percent) : INVALID_ARGUMENT;
    END;
}

/* KB/s over the last 20 ms: what the GPU sent, and received. */
NVML nvmlDeviceGetPcieThroughput(struct device *device, unsigned counter, unsigned *rate)
{
    static const char *const keys[] = {"link_sent", "link_received"};
    BEGIN_DEVICE(device);
    result = chosen(&call, keys, LENGTH(keys), counter, rate);
    END;
}

/* ---- memory ---- */

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

/* ---- errors of the memory ---- */

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
    int result = chosen(call, keys, LENGTH(keys), cause, count);
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

/* ---- to other GPUs ---- */

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

/* ---- a slice's share ---- */

struct attributes {
    unsigned multiprocessors, copy_engines, decoders, encoders, jpegs, ofas, gpu_slices, compute_slices;
    u64 memory_mib;
};

NVML nvmlDeviceGetAttributes_v2(struct device *device, struct attributes *attributes)
{
    BEGIN_DEVICE(device);
    memset(attributes, 0, sizeof *attributes);
    result = device->slice == WHOLE ? NOT_SUPPORTED : call_u32(&call, "multiprocessors", &attributes->multiprocessors);
    attributes->gpu_slices = (unsigned)call_number_or(&call, "gpu_slices", 1);
    attributes->compute_slices = (unsigned)call_number_or(&call, "compute_slices", 1);
    attributes->memory_mib = (u64)(call_number_or(&call, "memory_total", 0) / 0x1p20);
    END;
}

/* ---- fields ---- */

struct field {
    unsigned id, scope;
    long long time, latency; /* microseconds */
    unsigned type, result;
    union {
        unsigned number;
        u64 long_number;
    } value;
};

enum { UNSIGNED_INT = 1, UNSIGNED_LONG_LONG = 3 }; /* of nvmlValueType_t */

/* Fields that other functions give, too; `field.ID = ...` answers for every other, and before these. */
static const struct {
    unsigned id;
    const char *key;
    unsigned type;
} FIELDS[] = {
    {1, "ecc", UNSIGNED_INT},
    {2, "ecc_pending", UNSIGNED_INT},
    {3, "ecc_corrected", UNSIGNED_LONG_LONG},
    {4, "ecc_uncorrected", UNSIGNED_LONG_LONG},
    {5, "ecc_corrected_ever", UNSIGNED_LONG_LONG},
    {6, "ecc_uncorrected_ever", UNSIGNED_LONG_LONG},
    {29, "retired_single", UNSIGNED_INT},
    {30, "retired_double", UNSIGNED_INT},
    {31, "retired_pending", UNSIGNED_INT},
    {82, "temperature_memory", UNSIGNED_INT},
    {83, "energy", UNSIGNED_LONG_LONG},
    {91, "nvlinks", UNSIGNED_INT},
    {94, "link_replays", UNSIGNED_INT},
    {142, "remap_corrected", UNSIGNED_INT},
    {143, "remap_uncorrected", UNSIGNED_INT},
    {144, "remap_pending", UNSIGNED_INT},
    {145, "remap_failed", UNSIGNED_INT},
    {185, "power_average", UNSIGNED_INT},
    {186, "power", UNSIGNED_INT},
    {187, "power_min", UNSIGNED_INT},
    {188, "power_max", UNSIGNED_INT},
    {189, "power_default", UNSIGNED_INT},
    {190, "power_limit", UNSIGNED_INT},
    {230, "recovery_action", UNSIGNED_INT},
};

static void read_field(const struct call *call, struct field *field)
{
    char own[32];
    snprintf(own, sizeof own, "field.%u", field->id);
    const char *key = own;
    field->type = UNSIGNED_LONG_LONG;
    for (size_t i = 0; i < LENGTH(FIELDS) && !call_line(call, own); i++)
        if (FIELDS[i].id == field->id) {
            key = FIELDS[i].key;
            field->type = FIELDS[i].type;
        }
    field->value.long_number = 0;
    field->result = (unsigned)(field->type == UNSIGNED_INT ? call_u32(call, key, &field->value.number)
                                                          : call_u64(call, key, &field->value.long_number));
}

/* Each field has a result of its own. */
NVML nvmlDeviceGetFieldValues(struct device *device, int count, struct field *fields)
{
    BEGIN_DEVICE(device);
    for (int i = 0; i < count; i++) {
        fields[i].time = (long long)time(NULL) * 1000000;
        fields[i].latency = 0;
        read_field(&call, &fields[i]);
    }
    END;
}
