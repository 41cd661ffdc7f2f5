/* What a GPU says of itself: one line of a table where NVML gives one value, a function where it gives a structure. */

#include "nvml.h"

#include <math.h>
#include <stdio.h>

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
