/* The processes of a GPU or a slice. They are lines of its section:
 *
 *   process.0 = pid=4242 type=C memory=1400MiB sm=80 utilisation_memory=40 name=python
 *
 * `type` is C (compute), G (graphics) or M (MPS); `pid` may be self or parent, those of the process that asks; without
 * `memory` it is not available, and without `sm` there is no sample of it; gpu_instance= and compute_instance= name its
 * slice; from=SECOND and until=SECOND bound its life; `name` takes the rest of the line. */

#include "nvml.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long long u64;

enum { MOST = 256 };

struct process {
    const char *line;
    unsigned pid;
    char type;
};

static double option(const struct process *process, const char *name, double otherwise)
{
    const char *value = value_option(process->line, name);
    return value ? value_number(value, 0) : otherwise;
}

static unsigned pid_of(const char *line)
{
    const char *pid = value_option(line, "pid");
    if (!pid)
        return 0;
    if (!strncmp(pid, "self", 4))
        return (unsigned)getpid();
    return (unsigned)(strncmp(pid, "parent", 6) ? strtoul(pid, NULL, 10) : (unsigned long)getppid());
}

/* Those of `type` (0: all) that live at this second. */
static unsigned find(const struct call *call, char type, struct process found[MOST])
{
    unsigned count = 0;
    for (size_t i = 0; i < call->scenario->count && count < MOST; i++) {
        const struct entry *entry = &call->scenario->entries[i];
        int ours = !strncmp(entry->key, "process.", 8) && call_line(call, entry->key) == entry;
        if (!ours || !strcmp(entry->value, "N/A"))
            continue;
        const char *kind = value_option(entry->value, "type");
        struct process process = {entry->value, pid_of(entry->value), kind ? *kind : 'C'};
        int alive = call->seconds >= option(&process, "from", 0) && call->seconds < option(&process, "until", 1e18);
        if (alive && (!type || process.type == type))
            found[count++] = process;
    }
    return count;
}

/* ---- lists ---- */

struct process_info {
    unsigned pid;
    u64 memory;
    unsigned gpu_instance, compute_instance; /* since the second version */
    u64 protected_memory;                    /* in the third version of drivers 535.43 to 535.98 alone */
};

enum { FIRST = 16, SECOND = 24, ALL = sizeof(struct process_info) };

static struct process_info info_of(const struct process *process)
{
    const char *memory = value_option(process->line, "memory");
    return (struct process_info){
        .pid = process->pid,
        .memory = memory ? (u64)value_number(memory, 0) : ~0ULL,
        .gpu_instance = (unsigned)option(process, "gpu_instance", 0xffffffff),
        .compute_instance = (unsigned)option(process, "compute_instance", 0xffffffff),
    };
}

/* Fills `out` with as much of each structure, `size` bytes, as the version has. */
static int list(const struct call *call, char type, unsigned *count, char *out, size_t size)
{
    struct process found[MOST];
    unsigned room = *count;
    *count = find(call, type, found);
    if (*count == 0)
        return SUCCESS;
    if (!out || room < *count)
        return INSUFFICIENT_SIZE;
    for (unsigned i = 0; i < *count; i++) {
        struct process_info info = info_of(&found[i]);
        memcpy(out + i * size, &info, size);
    }
    return SUCCESS;
}

/* The third version's structure had 32 bytes in drivers 535.43 to 535.98: `process_bytes = 32` in [system]. */
static size_t third(const struct call *call)
{
    const struct entry *entry = scenario_line(call->scenario, "system", "process_bytes");
    return entry && atoi(entry->value) == ALL ? ALL : SECOND;
}

#define PROCESSES(function, type, size)                                     \
    NVML function(struct device *device, unsigned *count, char *processes)  \
    {                                                                       \
        BEGIN_DEVICE(device);                                               \
        result = list(&call, type, count, processes, size);                 \
        END;                                                                \
    }

PROCESSES(nvmlDeviceGetComputeRunningProcesses, 'C', FIRST)
PROCESSES(nvmlDeviceGetComputeRunningProcesses_v2, 'C', SECOND)
PROCESSES(nvmlDeviceGetComputeRunningProcesses_v3, 'C', third(&call))
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses, 'G', FIRST)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v2, 'G', SECOND)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v3, 'G', third(&call))
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses, 'M', FIRST)
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses_v2, 'M', SECOND)
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses_v3, 'M', third(&call))

/* ---- utilisation ---- */

struct sample {
    unsigned pid;
    u64 time; /* microseconds since 1970 */
    unsigned sm, memory, encoder, decoder;
};

/* A sample for each process that has `sm`; none is NOT_FOUND. */
NVML nvmlDeviceGetProcessUtilization(struct device *device, struct sample *samples, unsigned *count, u64 since)
{
    BEGIN_DEVICE(device);
    (void)since;
    struct process found[MOST];
    unsigned all = find(&call, 0, found), room = *count, busy = 0;
    for (unsigned i = 0; i < all; i++) {
        if (!value_option(found[i].line, "sm"))
            continue;
        if (samples && busy < room)
            samples[busy] = (struct sample){
                .pid = found[i].pid,
                .time = (u64)time(NULL) * 1000000,
                .sm = (unsigned)option(&found[i], "sm", 0),
                .memory = (unsigned)option(&found[i], "utilisation_memory", 0),
            };
        busy++;
    }
    *count = busy;
    if (busy == 0)
        result = NOT_FOUND;
    else if (!samples || room < busy)
        result = INSUFFICIENT_SIZE;
    END;
}

/* ---- names ---- */

/* Cut to fit, as the driver cuts. */
static int name_on(struct call call, struct device *device, unsigned pid, char *name, unsigned size)
{
    struct process found[MOST];
    call.device = device;
    unsigned count = find(&call, 0, found);
    for (unsigned i = 0; i < count; i++) {
        const char *text = value_option(found[i].line, "name");
        if (found[i].pid == pid && text) {
            value_text(text, name, size);
            return 1;
        }
    }
    return 0;
}

NVML nvmlSystemGetProcessName(unsigned pid, char *name, unsigned size)
{
    BEGIN;
    int found = 0;
    for (int gpu = 0; gpu < nvml_count(&call) && !found; gpu++)
        for (int slice = WHOLE; slice < SLICES && !found; slice++)
            found = name_on(call, nvml_device(gpu, slice), pid, name, size);
    result = found ? SUCCESS : NOT_FOUND;
    END;
}
