#define _GNU_SOURCE
#include "scenario.h"

#include <ctype.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#define TURN 6.283185307179586

/* ---- the file ---- */

static char *read_file(const char *path, struct stat *status)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    char *text = NULL;
    if (fstat(fileno(file), status) == 0 && (text = malloc((size_t)status->st_size + 1)))
        text[fread(text, 1, (size_t)status->st_size, file)] = '\0';
    fclose(file);
    return text;
}

static char *trimmed(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return text;
}

static void misread(const char *line)
{
    fprintf(stderr, "simulated NVML: this line of the scenario is no section and no `key = value`: %s\n", line);
    abort();
}

/* Cuts `text` in place: the entries point into it. */
static struct scenario *parse(char *text)
{
    size_t lines = 1;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    struct scenario *scenario = calloc(1, sizeof *scenario);
    scenario->entries = calloc(lines, sizeof *scenario->entries);
    const char *section = "system";
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        line = trimmed(line);
        if (!*line || *line == '#')
            continue;
        char *end = *line == '[' ? strchr(line, ']') : strchr(line, '=');
        if (!end)
            misread(line);
        *end = '\0';
        if (*line == '[')
            section = line + 1;
        else
            scenario->entries[scenario->count++] =
                (struct entry){.section = section, .key = trimmed(line), .value = trimmed(end + 1)};
    }
    return scenario;
}

static int same_file(const struct stat *one, const struct stat *other)
{
    return one->st_ino == other->st_ino && one->st_size == other->st_size &&
           one->st_mtim.tv_sec == other->st_mtim.tv_sec && one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

const struct scenario *scenario_now(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const struct scenario *scenario;
    static struct stat known;
    struct stat found;
    const char *path = getenv("SIMULATED_NVML_SCENARIO");
    if (!path)
        return NULL;
    pthread_mutex_lock(&lock);
    if (!scenario || stat(path, &found) || !same_file(&known, &found)) {
        char *text = read_file(path, &found);
        if (text) {
            known = found;
            scenario = parse(text);
        }
    }
    const struct scenario *now = scenario;
    pthread_mutex_unlock(&lock);
    return now;
}

/* ---- its lines ---- */

struct entry *scenario_line(const struct scenario *scenario, const char *section, const char *key)
{
    for (size_t i = scenario->count; i-- > 0;) {
        struct entry *entry = &scenario->entries[i];
        if (!strcmp(entry->section, section) && !strcmp(entry->key, key))
            return entry;
    }
    return NULL;
}

int scenario_has_section(const struct scenario *scenario, const char *section)
{
    for (size_t i = 0; i < scenario->count; i++)
        if (!strcmp(scenario->entries[i].section, section))
            return 1;
    return 0;
}

static double monotonic(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double started;
static pthread_once_t start = PTHREAD_ONCE_INIT;

static void note_start(void)
{
    started = monotonic();
}

double scenario_seconds(const struct scenario *scenario)
{
    const struct entry *clock = scenario_line(scenario, "system", "clock");
    pthread_once(&start, note_start);
    return clock ? strtod(clock->value, NULL) : monotonic() - started;
}

/* ---- their values ---- */

static double with_unit(const char *text)
{
    static const struct {
        const char *unit;
        double factor;
    } units[] = {{"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"W", 1000}};
    char *end;
    double number = strtod(text, &end);
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strncmp(end, units[i].unit, strlen(units[i].unit)))
            return number * units[i].factor;
    return number;
}

static void arguments(const char *text, double numbers[3])
{
    for (int i = 0; i < 3; i++) {
        numbers[i] = with_unit(text);
        text += strcspn(text, ",)");
        text += *text == ',';
    }
}

static double steps(const char *text, double seconds)
{
    double number = 0;
    while (*text && *text != ')') {
        char *value;
        double from = strtod(text, &value);
        if (seconds >= from)
            number = with_unit(value + strspn(value, " :"));
        text += strcspn(text, ",)");
        text += *text == ',';
    }
    return number;
}

double value_number(const char *value, double seconds)
{
    double given[3];
    if (!strncmp(value, "steps(", 6))
        return steps(value + 6, seconds);
    if (!strncmp(value, "ramp(", 5)) {
        arguments(value + 5, given);
        double share = fmin(fmax(seconds / given[2], 0), 1);
        return given[0] + (given[1] - given[0]) * share;
    }
    if (!strncmp(value, "sin(", 4)) {
        arguments(value + 4, given);
        return given[0] + given[1] * sin(TURN * seconds / given[2]);
    }
    return with_unit(value);
}

static int hexadecimal(const char *digits)
{
    if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
        return -1;
    return (int)strtol((char[]){digits[0], digits[1], '\0'}, NULL, 16);
}

size_t value_text(const char *value, char *text, size_t size)
{
    size_t length = 0;
    for (; *value; value++, length++) {
        char letter = *value;
        if (letter == '\\' && value[1] == 'x' && hexadecimal(value + 2) >= 0) {
            letter = (char)hexadecimal(value + 2);
            value += 3;
        } else if (letter == '\\' && (value[1] == 'n' || value[1] == '\\')) {
            letter = value[1] == 'n' ? '\n' : '\\';
            value++;
        }
        if (length + 1 < size)
            text[length] = letter;
    }
    text[length < size ? length : size - 1] = '\0';
    return length;
}

const char *value_option(const char *value, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = value; (at = strstr(at, name)); at += length)
        if ((at == value || at[-1] == ' ') && at[length] == '=')
            return at + length + 1;
    return NULL;
}
