/* A libcuda.so.1 that can be asked whether CUDA starts, and no more. [cuda] holds what it answers: `init`, cuInit's
 * code (0 where the line is missing), `version`, `devices`, and faults such as `crash.cuInit = segv`. */

#include "call.h"

#define CUDA __attribute__((visibility("default"))) int

enum { CUDA_INVALID_VALUE = 1, CUDA_NOT_INITIALIZED = 3, CUDA_NO_DEVICE = 100, CUDA_UNKNOWN = 999 };

static atomic_int started;

static const struct {
    int code;
    const char *name, *words;
} CODES[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {214, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"},
    {304, "CUDA_ERROR_OPERATING_SYSTEM", "OS call failed or operation not supported on this OS"},
    {802, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
    {804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE", "forward compatibility was attempted on non supported HW"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

#define BEGIN                                     \
    struct call call;                             \
    call_open(&call, "cuda", __func__, NULL);     \
    int result = call_fault(&call)

CUDA cuInit(unsigned flags)
{
    BEGIN;
    if (flags)
        result = CUDA_INVALID_VALUE;
    else if (!call.scenario->count)
        result = CUDA_NO_DEVICE;
    else if (!result)
        result = (int)call_number_or(&call, "init", 0);
    atomic_store(&started, result == 0);
    return call_close(&call, result);
}

/* Answers before cuInit, too. */
CUDA cuDriverGetVersion(int *version)
{
    BEGIN;
    *version = (int)call_number_or(&call, "version", 0);
    return call_close(&call, result);
}

CUDA cuDeviceGetCount(int *count)
{
    BEGIN;
    if (!atomic_load(&started))
        result = CUDA_NOT_INITIALIZED;
    else
        *count = (int)call_number_or(&call, "devices", 0);
    return call_close(&call, result);
}

static int told(int code, const char **text, int words)
{
    for (unsigned i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (CODES[i].code == code) {
            *text = words ? CODES[i].words : CODES[i].name;
            return 0;
        }
    *text = (const char *)0;
    return CUDA_INVALID_VALUE;
}

CUDA cuGetErrorName(int code, const char **name) { return told(code, name, 0); }
CUDA cuGetErrorString(int code, const char **words) { return told(code, words, 1); }
