/* Readings by number: nvmlDeviceGetFieldValues. */

#include "nvml.h"

#include <stdio.h>
#include <time.h>

typedef unsigned long long u64;

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
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS && !call_line(call, own); i++)
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
