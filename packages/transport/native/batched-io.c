/*
 * Reads and writes of plain sockets for Node, many in one call. Node itself calls JavaScript, and allocates, once for
 * each socket that has something to read; a proxy has dozens of those at a time.
 *
 *     sockets ──► one epoll set ──► watched by Node's event loop ──► read them all into one slab ──► onReady(count)
 *
 *   open(slab, reads, pool, onReady)   once per process. Before `onReady(count)` is called, `reads` holds count triples:
 *                                the token that `watch` was given; a number of bytes, 0 at the end of the stream, or
 *                                a negative errno; and where in the slab the bytes begin.
 *   watch(fd, token)             from now on, until `unwatch(fd)` or the descriptor is closed. Returns 0 or -errno.
 *   unwatch(fd)                  returns 0 or -errno.
 *   write(fd, bytes, start, end)   returns how many bytes the kernel took, or -errno.
 *   writePooled(fd, offset, length)   the same for bytes in `pool`, which need not be asked where they are.
 *   releaseMemory()              gives the system back what the C library keeps of memory that was freed: after a burst,
 *                                and after a collection, several megabytes. Takes some milliseconds.
 *
 * Descriptors stay their owner's: nothing here opens, closes or configures one. Bounds are checked here, since a
 * mistake above must not become an access outside of the buffers.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAPI_VERSION 8
#include <node_api.h>

/* Of libuv, which is part of Node and keeps these stable; its headers come with no package. */
typedef struct uv_loop_s uv_loop_t;
typedef void (*uv_poll_cb)(void *handle, int status, int events);
extern size_t uv_handle_size(int type);
extern int uv_poll_init(uv_loop_t *loop, void *handle, int fd);
extern int uv_poll_start(void *handle, int events, uv_poll_cb callback);
extern int uv_poll_stop(void *handle);
#define HEDDLE_UV_POLL 8
#define HEDDLE_UV_READABLE 1

#define MAX_EVENTS 128
/* A socket gets at most this much of the slab in one turn, and no turn when less than the least is left. */
#define MOST_BYTES 65536
#define LEAST_BYTES 8192

static struct {
  napi_env env;
  napi_async_context context;
  napi_ref on_ready;
  uint8_t *slab;
  size_t slab_bytes;
  int32_t *reads;
  uint8_t *pool;
  size_t pool_bytes;
  int epoll;
  /* Room for a uv_poll_t, whose size is asked for. */
  uint64_t poll[64];
} io = {.epoll = -1};

static void on_readable(void *handle, int status, int uv_events) {
  (void)handle;
  (void)uv_events;
  if (status < 0) return;
  struct epoll_event events[MAX_EVENTS];
  int ready = epoll_wait(io.epoll, events, MAX_EVENTS, 0);
  int32_t count = 0;
  size_t at = 0;
  for (int i = 0; i < ready && io.slab_bytes - at >= LEAST_BYTES; i++) {
    size_t room = io.slab_bytes - at;
    if (room > MOST_BYTES) room = MOST_BYTES;
    ssize_t got;
    do {
      got = recv((int)(events[i].data.u64 & 0xffffffff), io.slab + at, room, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    int32_t *read = io.reads + 3 * count++;
    read[0] = (int32_t)(events[i].data.u64 >> 32);
    read[1] = got < 0 ? -errno : (int32_t)got;
    read[2] = (int32_t)at;
    if (got > 0) at += (size_t)got;
  }
  if (count == 0) return;

  napi_handle_scope scope;
  napi_value callback, global, argument, result;
  if (napi_open_handle_scope(io.env, &scope) != napi_ok) return;
  if (napi_get_reference_value(io.env, io.on_ready, &callback) == napi_ok &&
      napi_get_global(io.env, &global) == napi_ok &&
      napi_create_int32(io.env, count, &argument) == napi_ok &&
      napi_make_callback(io.env, io.context, global, callback, 1, &argument, &result) == napi_pending_exception) {
    napi_value error;
    if (napi_get_and_clear_last_exception(io.env, &error) == napi_ok) napi_fatal_exception(io.env, error);
  }
  napi_close_handle_scope(io.env, scope);
}

static napi_value number(napi_env env, int32_t value) {
  napi_value result;
  return napi_create_int32(env, value, &result) == napi_ok ? result : NULL;
}

static napi_value refuse(napi_env env, const char *message) {
  napi_throw_type_error(env, "EINVAL", message);
  return NULL;
}

static napi_value open_io(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4], name;
  napi_typedarray_type type;
  size_t length;
  void *data;
  uv_loop_t *loop;
  if (io.epoll >= 0) return refuse(env, "open() may be called once");
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 4 ||
      napi_get_typedarray_info(env, arguments[0], &type, &length, &data, NULL, NULL) != napi_ok ||
      type != napi_uint8_array || length < MOST_BYTES) {
    return refuse(env, "open() takes a slab of at least 64 KiB, an Int32Array, a pool and a function");
  }
  io.slab = data;
  io.slab_bytes = length;
  if (napi_get_typedarray_info(env, arguments[1], &type, &length, &data, NULL, NULL) != napi_ok ||
      type != napi_int32_array || length < 3 * MAX_EVENTS) {
    return refuse(env, "open() takes an Int32Array of at least 384 numbers");
  }
  io.reads = data;
  if (napi_get_typedarray_info(env, arguments[2], &type, &length, &data, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) {
    return refuse(env, "open() takes a pool of bytes");
  }
  io.pool = data;
  io.pool_bytes = length;
  io.env = env;
  if (sizeof io.poll < uv_handle_size(HEDDLE_UV_POLL)) return refuse(env, "this Node has another libuv");
  int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) return refuse(env, "epoll_create1 failed");
  /* The three arrays live as long as the process: the reference to the callback, which closes over them, holds them. */
  if (napi_create_string_utf8(env, "heddle:batched-io", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, NULL, name, &io.context) != napi_ok ||
      napi_create_reference(env, arguments[3], 1, &io.on_ready) != napi_ok ||
      napi_get_uv_event_loop(env, &loop) != napi_ok || uv_poll_init(loop, io.poll, set) != 0) {
    close(set);
    return refuse(env, "the event loop cannot watch an epoll set");
  }
  io.epoll = set;
  return number(env, 0);
}

static int32_t watched = 0;

/* While nothing is watched, the handle does not keep the process alive. */
static void watch_count(int32_t change) {
  int32_t before = watched;
  watched += change;
  if (before == 0 && watched > 0) uv_poll_start(io.poll, HEDDLE_UV_READABLE, on_readable);
  if (before > 0 && watched == 0) uv_poll_stop(io.poll);
}

static napi_value watch(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  int32_t fd, token;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 2 ||
      napi_get_value_int32(env, arguments[0], &fd) != napi_ok ||
      napi_get_value_int32(env, arguments[1], &token) != napi_ok) {
    return refuse(env, "watch() takes a descriptor and a token");
  }
  struct epoll_event event = {.events = EPOLLIN};
  event.data.u64 = ((uint64_t)(uint32_t)token << 32) | (uint32_t)fd;
  if (epoll_ctl(io.epoll, EPOLL_CTL_ADD, fd, &event) != 0) return number(env, -errno);
  watch_count(1);
  return number(env, 0);
}

static napi_value unwatch(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int32_t fd;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count != 1 ||
      napi_get_value_int32(env, argument, &fd) != napi_ok) {
    return refuse(env, "unwatch() takes a descriptor, -1 for one that was closed");
  }
  int failure = fd >= 0 && epoll_ctl(io.epoll, EPOLL_CTL_DEL, fd, NULL) != 0 ? errno : 0;
  watch_count(-1);
  return number(env, -failure);
}

static napi_value send_bytes(napi_env env, int fd, const uint8_t *bytes, size_t length) {
  ssize_t taken;
  do {
    taken = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (taken < 0 && errno == EINTR);
  return number(env, taken < 0 ? -errno : (int32_t)taken);
}

static napi_value write_bytes(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  int32_t fd;
  uint32_t start, end;
  void *data;
  size_t length;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 4 ||
      napi_get_value_int32(env, arguments[0], &fd) != napi_ok ||
      napi_get_buffer_info(env, arguments[1], &data, &length) != napi_ok ||
      napi_get_value_uint32(env, arguments[2], &start) != napi_ok ||
      napi_get_value_uint32(env, arguments[3], &end) != napi_ok || start > end || end > length) {
    return refuse(env, "write() takes a descriptor, a buffer and two offsets in it");
  }
  return send_bytes(env, fd, (uint8_t *)data + start, end - start);
}

static napi_value write_pooled(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  int32_t fd;
  uint32_t offset, length;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 3 ||
      napi_get_value_int32(env, arguments[0], &fd) != napi_ok ||
      napi_get_value_uint32(env, arguments[1], &offset) != napi_ok ||
      napi_get_value_uint32(env, arguments[2], &length) != napi_ok || offset > io.pool_bytes ||
      length > io.pool_bytes - offset) {
    return refuse(env, "writePooled() takes a descriptor and a stretch of the pool");
  }
  return send_bytes(env, fd, io.pool + offset, length);
}

static napi_value release_memory(napi_env env, napi_callback_info info) {
  (void)info;
#ifdef __GLIBC__
  return number(env, malloc_trim(0));
#else
  return number(env, 0);
#endif
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"open", NULL, open_io, NULL, NULL, NULL, napi_enumerable, NULL},
      {"watch", NULL, watch, NULL, NULL, NULL, napi_enumerable, NULL},
      {"unwatch", NULL, unwatch, NULL, NULL, NULL, napi_enumerable, NULL},
      {"write", NULL, write_bytes, NULL, NULL, NULL, napi_enumerable, NULL},
      {"writePooled", NULL, write_pooled, NULL, NULL, NULL, napi_enumerable, NULL},
      {"releaseMemory", NULL, release_memory, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  return napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions) == napi_ok ? exports
                                                                                                          : NULL;
}
