/* Loaded into `chat` from beside it (LD_PRELOAD): tells each call that changes a regular file or a folder, with the name of
   the point in the code that makes it (src/chat/core/write_point.h), and ends the program at one of them.

   A point is known by ROLE (the program's first argument), NAME ("-": it has none) and CALL, separated by tabs. CALL is the
   system call as strace names it, or "commit" for SQLite's COMMIT, which is none.

   CHAT_POINTS_LOG  file to which a line is appended for each point that is reached
   CHAT_POINT       the point at which the program is killed, and after another tab, at the how manyth time, from 1
   CHAT_POINT_HOW   before the call, after it, half: half of the bytes are written, or together: before it, with the
                    supervisor and all others of its process group
   CHAT_POINT_ONCE  file that is made before; nobody is killed while it is there

   Programs without points, like chat-decode, are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kLongest = 512 };

static const char* (*point_name)(void);
static char role[64];
static char wanted[kLongest];
static long wanted_number;
static atomic_long reached;
static const char* how = "before";
static const char* once = "";
static int log_file = -1;

#define REAL(type, function, ...)                       \
    static type (*real)(__VA_ARGS__);                   \
    if (real == NULL) {                                 \
        *(void**)(&real) = dlsym(RTLD_NEXT, #function); \
    }

__attribute__((constructor)) static void begin(void) {
    char arguments[kLongest];
    const int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    const ssize_t length = read(file, arguments, sizeof(arguments) - 1);
    close(file);
    if (length <= 0) {
        return;
    }
    arguments[length] = '\0';
    const size_t program = strlen(arguments) + 1;
    snprintf(role, sizeof(role), "%s", program < (size_t)length ? arguments + program : "");

    const char* point = getenv("CHAT_POINT");
    const char* number = point == NULL ? NULL : strrchr(point, '\t');
    once = getenv("CHAT_POINT_ONCE") == NULL ? "" : getenv("CHAT_POINT_ONCE");
    if (number != NULL && access(once, F_OK) != 0) {
        snprintf(wanted, sizeof(wanted), "%.*s", (int)(number - point), point);
        wanted_number = atol(number + 1);
    }
    if (getenv("CHAT_POINT_HOW") != NULL) {
        how = getenv("CHAT_POINT_HOW");
    }
    const char* log = getenv("CHAT_POINTS_LOG");
    if (log != NULL) {
        log_file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    *(void**)(&point_name) = dlsym(RTLD_DEFAULT, "chat_write_point");
}

static void die(void) {
    close(open(once, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    syscall(SYS_kill, strcmp(how, "together") == 0 ? 0 : getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

/* Whether the program ends with this call, which is half-way or after it, then by the caller. */
static int meets(const char* call) {
    if (point_name == NULL) {
        return 0;
    }
    const int before = errno;
    const char* name = point_name();
    char line[kLongest];
    int length =
        snprintf(line, sizeof(line), "%s\t%s\t%s\n", role, name == NULL ? "-" : name, call);
    if (log_file >= 0) {
        syscall(SYS_write, log_file, line, (size_t)length);
    }
    line[length - 1] = '\0';
    int last = 0;
    if (wanted_number > 0 && strcmp(line, wanted) == 0 &&
        atomic_fetch_add(&reached, 1) + 1 == wanted_number) {
        if (strcmp(how, "before") == 0 || strcmp(how, "together") == 0) {
            die();
        }
        last = 1;
    }
    errno = before;
    return last;
}

static int changes_a_file(int file) {
    struct stat status;
    const int before = errno;
    const int regular = point_name != NULL && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    errno = before;
    return regular;
}

#define AT(call, doing)                      \
    const int last = meets(#call);           \
    if (last && strcmp(how, "after") != 0) { \
        die();                               \
    }                                        \
    const int result = (doing);              \
    if (last) {                              \
        die();                               \
    }                                        \
    return result

ssize_t write(int file, const void* bytes, size_t count) {
    REAL(ssize_t, write, int, const void*, size_t)
    const int last = changes_a_file(file) && meets("write");
    const ssize_t done = real(file, bytes, last && strcmp(how, "half") == 0 ? count / 2 : count);
    if (last) {
        die();
    }
    return done;
}

ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t offset) {
    REAL(ssize_t, pwrite64, int, const void*, size_t, off64_t)
    const int last = changes_a_file(file) && meets("pwrite64");
    const ssize_t done =
        real(file, bytes, last && strcmp(how, "half") == 0 ? count / 2 : count, offset);
    if (last) {
        die();
    }
    return done;
}

ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
    return pwrite64(file, bytes, count, offset);
}

ssize_t writev(int file, const struct iovec* parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec*, int)
    const int last = changes_a_file(file) && meets("writev");
    const ssize_t done = real(file, parts, last && strcmp(how, "half") == 0 ? count / 2 : count);
    if (last) {
        die();
    }
    return done;
}

int fsync(int file) {
    REAL(int, fsync, int)
    AT(fsync, real(file));
}

int fdatasync(int file) {
    REAL(int, fdatasync, int)
    AT(fdatasync, real(file));
}

int ftruncate64(int file, off64_t length) {
    REAL(int, ftruncate64, int, off64_t)
    if (!changes_a_file(file)) {
        return real(file, length);
    }
    AT(ftruncate, real(file, length));
}

int ftruncate(int file, off_t length) {
    return ftruncate64(file, length);
}

int rename(const char* from, const char* to) {
    REAL(int, rename, const char*, const char*)
    AT(rename, real(from, to));
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) {
    REAL(int, renameat, int, const char*, int, const char*)
    AT(renameat, real(from_folder, from, to_folder, to));
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
    REAL(int, renameat2, int, const char*, int, const char*, unsigned)
    AT(renameat2, real(from_folder, from, to_folder, to, flags));
}

int unlink(const char* path) {
    REAL(int, unlink, const char*)
    AT(unlink, real(path));
}

int unlinkat(int folder, const char* path, int flags) {
    REAL(int, unlinkat, int, const char*, int)
    AT(unlinkat, real(folder, path, flags));
}

int rmdir(const char* path) {
    REAL(int, rmdir, const char*)
    AT(rmdir, real(path));
}

/* The C library's own makes the same two calls where nobody sees them. */
int remove(const char* path) {
    const int removed = unlink(path);
    return removed != 0 && errno == EISDIR ? rmdir(path) : removed;
}

typedef int (*Row)(void*, int, char**, char**);

int sqlite3_exec(void* database, const char* sql, Row row, void* given, char** error) {
    REAL(int, sqlite3_exec, void*, const char*, Row, void*, char**)
    if (strncmp(sql, "COMMIT", 6) != 0) {
        return real(database, sql, row, given, error);
    }
    AT(commit, real(database, sql, row, given, error));
}
