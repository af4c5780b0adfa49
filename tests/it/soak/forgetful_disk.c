/*
 * A disk that forgets what was not synced, for a SQLite database of one process: loaded before the C library (LD_PRELOAD).
 *
 * Each file of the database has a copy in the directory VESTIBULE_TEST_DISK: what a power failure would leave. A write reaches the
 * copy when its file is synced; or at once, by chance, as a system writes back what it likes and when it likes. The
 * index of the write-ahead log (-shm) is memory and has no copy.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS 4096

struct change {
    struct change *next;
    off_t at;
    size_t length; /* of the data; none: the file was cut at `at` */
    char data[];
};

struct file {
    struct file *next;
    char name[256];
    int copy;
    struct change *first, **last;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static struct file *by_descriptor[DESCRIPTORS];
static unsigned chance;

__attribute__((constructor)) static void begin(void)
{
    chance = (unsigned)getpid();
}

#define REAL(type, name, ...)                                   \
    static type (*real)(__VA_ARGS__);                           \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

static ssize_t put(int descriptor, const void *data, size_t length, off_t at)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return real(descriptor, data, length, at);
}

static int cut(int descriptor, off_t at)
{
    REAL(int, "ftruncate", int, off_t);
    return real(descriptor, at);
}

static int shut(int descriptor)
{
    REAL(int, "close", int);
    return real(descriptor);
}

static void fail(const char *what)
{
    perror(what);
    abort();
}

static void apply(struct file *file, const struct change *change)
{
    if (change->length == 0 ? cut(file->copy, change->at) != 0
                            : put(file->copy, change->data, change->length, change->at) != (ssize_t)change->length)
        fail("forgetful disk: the copy");
}

static const char *name_of(const char *path)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    size_t length = strlen(name);
    int is_ours = strstr(name, ".sqlite3") && length < 200 && (length < 4 || strcmp(name + length - 4, "-shm"));
    return is_ours ? name : NULL;
}

static struct file *find(const char *path)
{
    const char *disk = getenv("VESTIBULE_TEST_DISK");
    const char *name = name_of(path);
    if (!disk || !name)
        return NULL;
    for (struct file *file = files; file; file = file->next)
        if (!strcmp(file->name, name))
            return file;
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        fail("forgetful disk: memory");
    char copy[4096];
    snprintf(copy, sizeof copy, "%s/%s", disk, name);
    strcpy(file->name, name);
    file->last = &file->first;
    REAL(int, "open", const char *, int, ...);
    file->copy = real(copy, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int original = real(path, O_RDONLY | O_CLOEXEC);
    if (file->copy < 0 || original < 0)
        fail("forgetful disk: open");
    /* What is there when the process begins was there before the power failed. */
    char block[65536];
    off_t at = 0;
    ssize_t got;
    while ((got = pread(original, block, sizeof block, at)) > 0) {
        put(file->copy, block, (size_t)got, at);
        at += got;
    }
    cut(file->copy, at);
    /* Closing it would release this process's locks on the file (POSIX), but nobody holds one yet. */
    shut(original);
    file->next = files;
    files = file;
    return file;
}

static void opened(int descriptor, const char *path)
{
    if (descriptor < 0 || descriptor >= DESCRIPTORS)
        return;
    pthread_mutex_lock(&lock);
    by_descriptor[descriptor] = find(path);
    pthread_mutex_unlock(&lock);
}

static void note(int descriptor, const void *data, size_t length, off_t at)
{
    if (descriptor < 0 || descriptor >= DESCRIPTORS || !by_descriptor[descriptor])
        return;
    pthread_mutex_lock(&lock);
    struct file *file = by_descriptor[descriptor];
    struct change *change = file ? malloc(sizeof *change + length) : NULL;
    if (change) {
        change->next = NULL;
        change->at = at;
        change->length = length;
        if (length)
            memcpy(change->data, data, length);
        *file->last = change;
        file->last = &change->next;
        chance = chance * 1664525u + 1013904223u;
        if (chance >> 30 == 0)
            apply(file, change);
    }
    pthread_mutex_unlock(&lock);
}

static int synced(int descriptor)
{
    if (descriptor < 0 || descriptor >= DESCRIPTORS || !by_descriptor[descriptor])
        return 0;
    pthread_mutex_lock(&lock);
    struct file *file = by_descriptor[descriptor];
    while (file && file->first) {
        struct change *change = file->first;
        apply(file, change);
        file->first = change->next;
        free(change);
    }
    if (file)
        file->last = &file->first;
    pthread_mutex_unlock(&lock);
    return 1;
}

static int opening(const char *name, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...);
    *(void **)&real = dlsym(RTLD_NEXT, name);
    int descriptor = real(path, flags, mode);
    opened(descriptor, path);
    return descriptor;
}

#define MODE                                    \
    mode_t mode = 0;                            \
    if (flags & (O_CREAT | __O_TMPFILE)) {      \
        va_list rest;                           \
        va_start(rest, flags);                  \
        mode = va_arg(rest, mode_t);            \
        va_end(rest);                           \
    }

int open(const char *path, int flags, ...)
{
    MODE
    return opening("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE
    return opening("open64", path, flags, mode);
}

int close(int descriptor)
{
    if (descriptor >= 0 && descriptor < DESCRIPTORS) {
        pthread_mutex_lock(&lock);
        by_descriptor[descriptor] = NULL;
        pthread_mutex_unlock(&lock);
    }
    return shut(descriptor);
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t at)
{
    ssize_t done = put(descriptor, data, length, at);
    if (done > 0)
        note(descriptor, data, (size_t)done, at);
    return done;
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t at)
{
    return pwrite(descriptor, data, length, at);
}

ssize_t write(int descriptor, const void *data, size_t length)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    off_t at = descriptor >= 0 && descriptor < DESCRIPTORS && by_descriptor[descriptor] ? lseek(descriptor, 0, SEEK_CUR) : 0;
    ssize_t done = real(descriptor, data, length);
    if (done > 0)
        note(descriptor, data, (size_t)done, at);
    return done;
}

int ftruncate(int descriptor, off_t at)
{
    int done = cut(descriptor, at);
    if (done == 0)
        note(descriptor, NULL, 0, at);
    return done;
}

int ftruncate64(int descriptor, off64_t at)
{
    return ftruncate(descriptor, at);
}

/* That a file is gone is remembered at once. */
int unlink(const char *path)
{
    REAL(int, "unlink", const char *);
    const char *name = name_of(path);
    pthread_mutex_lock(&lock);
    for (struct file **link = &files; name && *link; link = &(*link)->next) {
        struct file *file = *link;
        if (strcmp(file->name, name))
            continue;
        char copy[4096];
        snprintf(copy, sizeof copy, "%s/%s", getenv("VESTIBULE_TEST_DISK"), name);
        real(copy);
        for (int descriptor = 0; descriptor < DESCRIPTORS; descriptor++)
            if (by_descriptor[descriptor] == file)
                by_descriptor[descriptor] = NULL;
        *link = file->next;
        break;
    }
    pthread_mutex_unlock(&lock);
    return real(path);
}

int fsync(int descriptor)
{
    REAL(int, "fsync", int);
    return synced(descriptor) ? 0 : real(descriptor);
}

int fdatasync(int descriptor)
{
    REAL(int, "fdatasync", int);
    return synced(descriptor) ? 0 : real(descriptor);
}
