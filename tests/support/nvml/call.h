/* A call into the simulated driver: which scenario and second it sees, whose GPU it asks about, and how it goes wrong.
 *
 * Faults are lines of the GPU's section, of its slice's, or of [system] (for libcuda: of [cuda]); FUNCTION is its name
 * without _v2 or _v3, or * for all:
 *
 *   error.FUNCTION = GPU_IS_LOST [after=SECOND] [until=SECOND] [from_call=N] [to_call=N]
 *   delay.FUNCTION = MILLISECONDS
 *   crash.FUNCTION = segv | abort | exit | hang [after=SECOND] ...
 *
 * The nearest line decides: the GPU's before [system]'s, a named FUNCTION's before *'s. `error.F = SUCCESS` takes F out
 * of `error.*`. A hang ends when a new scenario no longer asks for it. Calls are counted anew in a new scenario.
 *
 * $SIMULATED_NVML_LOG gets one line a call: pid, thread, function, "gpu.3", "mig.0.1" or "-", and the answer's number.
 * A call that is about to hang or to crash says so with that word; a hang that ended has both lines. */

#pragma once

#include "scenario.h"

enum {
    SUCCESS = 0,
    UNINITIALIZED = 1,
    INVALID_ARGUMENT = 2,
    NOT_SUPPORTED = 3,
    NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7,
    DRIVER_NOT_LOADED = 9,
    VERSION_MISMATCH = 25,
    UNKNOWN = 999,
};

enum { WHOLE = -1 }; /* a device's slice: none, it is the GPU itself */

struct device {
    int gpu, slice;
};

struct call {
    const struct scenario *scenario;
    const struct device *device; /* NULL: the call is about no GPU */
    const char *section;         /* without a device: whose faults count */
    const char *function;
    double seconds;
};

/* Opens a call. Both ends of it, with the faults between, are for the entry points' macros in nvml.h. */
void call_open(struct call *call, const char *section, const char *function, const struct device *device);

/* Sleeps, hangs, crashes, or gives the error that the scenario wants here; SUCCESS for none. */
int call_fault(struct call *call);

/* Writes the log's line and hands `result` on. */
int call_close(const struct call *call, int result);

/* The scenario's line of that key for the call's device. */
struct entry *call_line(const struct call *call, const char *key);

/* The key's value, or what kept it: NOT_SUPPORTED where the scenario has none. `out` is only written on SUCCESS. */
int call_number(const struct call *call, const char *key, double *out);
int call_u32(const struct call *call, const char *key, unsigned *out);
int call_u64(const struct call *call, const char *key, unsigned long long *out);
int call_text(const struct call *call, const char *key, char *out, size_t size);

/* The number of `key`, or `otherwise` where it has none. */
double call_number_or(const struct call *call, const char *key, double otherwise);

/* An error's number from its name, or from its digits; the driver's own words for it. */
int error_number(const char *name);
const char *error_words(int number);
