/*
 * with-capabilities PROGRAM [ARGUMENT...]: runs PROGRAM with CAP_NET_ADMIN and CAP_NET_RAW as ambient capabilities, if
 * this process may have them.
 *
 * A container that runs as an ordinary user loses the capabilities it was given when its program is executed, unless the
 * file carries them. This file does (as permitted, not effective: without the capabilities it runs all the same), so that
 * neither Node.js nor iptables has to. Works with no_new_privs, since nothing is gained that the container did not have.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int wanted[] = {CAP_NET_ADMIN, CAP_NET_RAW};

static int make_ambient(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  unsigned int held = 0;
  for (unsigned int i = 0; i < sizeof wanted / sizeof *wanted; i++) held |= data[0].permitted & (1u << wanted[i]);
  if (held == 0) return 0;
  data[0].inheritable |= held;
  if (syscall(SYS_capset, &header, data) != 0) return -1;
  for (unsigned int i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    if ((held & (1u << wanted[i])) != 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, wanted[i], 0, 0) != 0) return -1;
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: with-capabilities PROGRAM [ARGUMENT...]\n");
    return 64;
  }
  if (make_ambient() != 0) fprintf(stderr, "with-capabilities: %s; going on without\n", strerror(errno));
  execv(argv[1], argv + 1);
  fprintf(stderr, "with-capabilities: %s: %s\n", argv[1], strerror(errno));
  return 126;
}
