/* Logs what a process writes to one SQLite store and when it syncs it, for LostWritesTests: with LD_PRELOAD, so that it
 * sees what SQLite asks of the kernel and changes nothing of it. WRIT_DISK_OF names the store, WRIT_DISK_LOG the log.
 *
 * An entry: operation (w: write, t: truncate, s: sync, u: unlink), file (d: the store, w: its -wal, j: its -journal),
 * 8 bytes offset or size, 4 bytes length, the bytes. An entry is in the log before the call returns to SQLite.
 * A crash between a call and its entry loses a write that nobody was told of, which a power cut may do as well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *store;
static size_t store_length;
static int log_file = -1;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  const char *path = getenv("WRIT_DISK_LOG");
  store = getenv("WRIT_DISK_OF");
  if (path && store) {
    store_length = strlen(store);
    log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
}

static char file_at(const char *path) {
  if (log_file < 0 || strncmp(path, store, store_length) != 0) return 0;
  path += store_length;
  return *path == 0 ? 'd' : strcmp(path, "-wal") == 0 ? 'w' : strcmp(path, "-journal") == 0 ? 'j' : 0;
}

static char file_of(int fd) {
  char link[64], path[PATH_MAX];
  if (log_file < 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return file_at(path);
}

static void put(const void *bytes, size_t length) {
  while (length > 0) {
    ssize_t done = real_write(log_file, bytes, length);
    if (done <= 0) abort(); /* a log with a hole would accuse the store of what it did not do */
    bytes = (const char *)bytes + done;
    length -= done;
  }
}

static void note(char operation, char file, int64_t offset, const void *bytes, uint32_t length) {
  char head[14] = {operation, file};
  memcpy(head + 2, &offset, 8);
  memcpy(head + 10, &length, 4);
  put(head, sizeof head);
  put(bytes, length);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  char file = file_of(fd);
  if (!file) return real_write(fd, bytes, length);
  pthread_mutex_lock(&lock);
  off_t at = lseek(fd, 0, SEEK_CUR);
  ssize_t done = real_write(fd, bytes, length);
  if (done > 0) note('w', file, at, bytes, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
  char file = file_of(fd);
  if (!file) return real_pwrite(fd, bytes, length, at);
  pthread_mutex_lock(&lock);
  ssize_t done = real_pwrite(fd, bytes, length, at);
  if (done > 0) note('w', file, at, bytes, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

int ftruncate64(int fd, off_t size) {
  char file = file_of(fd);
  if (!file) return real_ftruncate(fd, size);
  pthread_mutex_lock(&lock);
  int failed = real_ftruncate(fd, size);
  if (!failed) note('t', file, size, "", 0);
  pthread_mutex_unlock(&lock);
  return failed;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_logged(int (*real)(int), int fd) {
  char file = file_of(fd);
  if (!file) return real(fd);
  usleep(2000); /* so that a kill often falls between a write and its sync */
  pthread_mutex_lock(&lock);
  int failed = real(fd);
  if (!failed) note('s', file, 0, "", 0);
  pthread_mutex_unlock(&lock);
  return failed;
}

int fsync(int fd) { return sync_logged(real_fsync, fd); }

int fdatasync(int fd) { return sync_logged(real_fdatasync, fd); }

int unlink(const char *path) {
  char file = file_at(path);
  int failed = real_unlink(path);
  if (!failed && file) {
    pthread_mutex_lock(&lock);
    note('u', file, 0, "", 0);
    pthread_mutex_unlock(&lock);
  }
  return failed;
}
