/* A scenario: what the simulated driver answers, in a file that a test may replace while the library runs.
 *
 *   # a comment has a line of its own
 *   [system]                the host: driver, nvml, cuda, count, clock
 *   [cuda]                  what libcuda answers: init, version, devices
 *   [gpu.*]  [gpu.3]        every GPU; GPU 3, whose lines win
 *   [mig.*]  [mig.0.1]      every MIG slice; the second slice of GPU 0
 *
 * Lines are `key = value`; of two with one key the last wins, and a key that is missing is not supported. Numbers are
 * as NVML gives them (bytes, mW, mJ, MHz, degrees Celsius, KB/s), or with KiB, MiB, GiB or W. In place of a number:
 *
 *   N/A                     not supported, as if the line were missing
 *   !GPU_IS_LOST            this error
 *   steps(0: 5, 10: 90)     5, and from second 10 on 90
 *   ramp(40, 90, 30)        from 40 to 90 in 30 seconds
 *   sin(50, 45, 20)         50 and up to 45 more or less, once round in 20 seconds
 *
 * Texts know \xNN, \n and \\. Seconds are those of `clock = 12.5`; without it they pass, from the first call on.
 * The faults that a section may hold stand in call.h, its processes in processes.c. */

#pragma once

#include <stdatomic.h>
#include <stddef.h>

struct entry {
    const char *section, *key, *value;
    atomic_uint uses; /* how often a fault was looked at: see from_call in call.h */
};

struct scenario {
    struct entry *entries;
    size_t count;
};

/* The scenario of this moment: $SIMULATED_NVML_SCENARIO, read anew when the file was replaced; NULL without one.
 * It is never freed, so what a call has read from it stays good. */
const struct scenario *scenario_now(void);

/* Seconds on the scenario's clock. */
double scenario_seconds(const struct scenario *scenario);

/* The line, or NULL. */
struct entry *scenario_line(const struct scenario *scenario, const char *section, const char *key);

int scenario_has_section(const struct scenario *scenario, const char *section);

/* A value as a number at that second. */
double value_number(const char *value, double seconds);

/* A value as text without its escapes; its length, of which `size` - 1 bytes were written. */
size_t value_text(const char *value, char *text, size_t size);

/* What stands behind `name` in a line of `name=value name=value`; NULL where it does not. */
const char *value_option(const char *value, const char *name);
