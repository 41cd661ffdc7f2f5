#define _GNU_SOURCE
#include "call.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const struct scenario NONE; /* no scenario: no driver */

void call_open(struct call *call, const char *section, const char *function, const struct device *device)
{
    const struct scenario *scenario = scenario_now();
    *call = (struct call){.scenario = scenario ? scenario : &NONE, .device = device, .section = section};
    call->function = function;
    call->seconds = scenario_seconds(call->scenario);
}

/* ---- lines and values ---- */

static void section_of(const struct device *device, char name[32])
{
    if (device->slice == WHOLE)
        snprintf(name, 32, "gpu.%d", device->gpu);
    else
        snprintf(name, 32, "mig.%d.%d", device->gpu, device->slice);
}

struct entry *call_line(const struct call *call, const char *key)
{
    if (!call->device)
        return scenario_line(call->scenario, call->section, key);
    char own[32];
    section_of(call->device, own);
    struct entry *entry = scenario_line(call->scenario, own, key);
    const char *every = call->device->slice == WHOLE ? "gpu.*" : "mig.*";
    return entry ? entry : scenario_line(call->scenario, every, key);
}

/* The value's text, or why there is none. */
static int line_value(const struct call *call, const char *key, const char **value)
{
    const struct entry *entry = call_line(call, key);
    if (!entry || !strcmp(entry->value, "N/A"))
        return NOT_SUPPORTED;
    if (entry->value[0] == '!')
        return error_number(entry->value + 1);
    *value = entry->value;
    return SUCCESS;
}

int call_number(const struct call *call, const char *key, double *out)
{
    const char *value;
    int result = line_value(call, key, &value);
    if (result == SUCCESS)
        *out = value_number(value, call->seconds);
    return result;
}

int call_u32(const struct call *call, const char *key, unsigned *out)
{
    double number;
    int result = call_number(call, key, &number);
    if (result == SUCCESS)
        *out = (unsigned)llround(number);
    return result;
}

int call_u64(const struct call *call, const char *key, unsigned long long *out)
{
    double number;
    int result = call_number(call, key, &number);
    if (result == SUCCESS)
        *out = (unsigned long long)number;
    return result;
}

int call_text(const struct call *call, const char *key, char *out, size_t size)
{
    const char *value;
    int result = line_value(call, key, &value);
    if (result == SUCCESS && value_text(value, out, size) >= size)
        return INSUFFICIENT_SIZE;
    return result;
}

double call_number_or(const struct call *call, const char *key, double otherwise)
{
    call_number(call, key, &otherwise);
    return otherwise;
}

/* ---- faults ---- */

/* A line of faults that counts now. */
static int applies(struct entry *entry, double seconds)
{
    const char *after = value_option(entry->value, "after"), *until = value_option(entry->value, "until");
    const char *from = value_option(entry->value, "from_call"), *to = value_option(entry->value, "to_call");
    unsigned use = atomic_fetch_add(&entry->uses, 1) + 1;
    return (!after || seconds >= atof(after)) && (!until || seconds < atof(until)) &&
           (!from || use >= (unsigned)atoi(from)) && (!to || use <= (unsigned)atoi(to));
}

/* "error.nvmlInit" for kind "error" and nvmlInit_v2. */
static void fault_key(const char *kind, const char *function, char key[128])
{
    const char *version = strstr(function, "_v");
    int length = version ? (int)(version - function) : (int)strlen(function);
    snprintf(key, 128, "%s.%.*s", kind, length, function);
}

static const char *fault(const struct call *call, const char *kind)
{
    char named[128], every[128];
    fault_key(kind, call->function, named);
    fault_key(kind, "*", every);
    const char *keys[] = {named, every};
    for (int at_device = call->device != NULL; at_device >= 0; at_device--)
        for (int i = 0; i < 2; i++) {
            struct entry *entry =
                at_device ? call_line(call, keys[i]) : scenario_line(call->scenario, call->section, keys[i]);
            if (entry && applies(entry, call->seconds))
                return entry->value;
        }
    return NULL;
}

static void sleep_milliseconds(double milliseconds)
{
    struct timespec time = {(time_t)(milliseconds / 1e3), (long)(fmod(milliseconds, 1e3) * 1e6)};
    nanosleep(&time, NULL);
}

static void log_line(const struct call *call, const char *answer);

static void hang(struct call *call)
{
    const char *wanted;
    do {
        sleep_milliseconds(5);
        call_open(call, call->section, call->function, call->device);
        wanted = fault(call, "crash");
    } while (wanted && !strncmp(wanted, "hang", 4));
}

static void crash(struct call *call, const char *how)
{
    log_line(call, how);
    if (!strncmp(how, "hang", 4))
        hang(call);
    else if (!strncmp(how, "segv", 4))
        raise(SIGSEGV);
    else if (!strncmp(how, "exit", 4))
        _exit(1);
    else
        abort();
}

int call_fault(struct call *call)
{
    const char *delay = fault(call, "delay"), *how = fault(call, "crash");
    if (delay)
        sleep_milliseconds(atof(delay));
    if (how)
        crash(call, how);
    const char *error = fault(call, "error");
    return error ? error_number(error) : SUCCESS;
}

/* ---- the log ---- */

static void log_line(const struct call *call, const char *answer)
{
    const char *path = getenv("SIMULATED_NVML_LOG");
    int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
    if (file < 0)
        return;
    char line[256], device[32] = "-";
    if (call->device)
        section_of(call->device, device);
    /* One write is one line, whoever else writes. */
    int word = (int)strcspn(answer, " ");
    int length = snprintf(line, sizeof line, "%d %ld %s %s %.*s\n", getpid(), syscall(SYS_gettid), call->function,
                          device, word, answer);
    if (write(file, line, (size_t)length) != length)
        abort();
    close(file);
}

int call_close(const struct call *call, int result)
{
    char answer[16];
    snprintf(answer, sizeof answer, "%d", result);
    log_line(call, answer);
    return result;
}
