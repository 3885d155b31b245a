/*
 * One function for Node: originalDestination(fd) -> { ip, port }, the address that a connection had before netfilter
 * redirected it to us. IPv4 is asked first: on a dual-stack listener an IPv4 client's connection is known to the IPv4
 * table only. Errors are thrown with the errno's name as `code`.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define NAPI_VERSION 8
#include <node_api.h>

/* From linux/netfilter_ipv4.h and linux/netfilter_ipv6/ip6_tables.h, whose inclusion clashes with netinet/in.h. */
#define HEDDLE_SO_ORIGINAL_DST 80
#define HEDDLE_IP6T_SO_ORIGINAL_DST 80

static const char *errno_name(int number) {
  switch (number) {
    case EBADF:
      return "EBADF";
    case ENOTSOCK:
      return "ENOTSOCK";
    case ENOENT:
      return "ENOENT";
    case ENOPROTOOPT:
      return "ENOPROTOOPT";
    case EOPNOTSUPP:
      return "EOPNOTSUPP";
    case EPERM:
      return "EPERM";
    default:
      return "EUNKNOWN";
  }
}

/* 0 and the text of the address, or an errno. `ip` holds at least INET6_ADDRSTRLEN bytes. */
static int read_destination(int fd, char *ip, uint32_t *port) {
  struct sockaddr_in v4;
  socklen_t length = sizeof v4;
  memset(&v4, 0, sizeof v4);
  if (getsockopt(fd, IPPROTO_IP, HEDDLE_SO_ORIGINAL_DST, &v4, &length) == 0 && v4.sin_family == AF_INET) {
    *port = ntohs(v4.sin_port);
    return inet_ntop(AF_INET, &v4.sin_addr, ip, INET6_ADDRSTRLEN) == NULL ? errno : 0;
  }
  int v4_error = errno;

  struct sockaddr_in6 v6;
  length = sizeof v6;
  memset(&v6, 0, sizeof v6);
  if (getsockopt(fd, IPPROTO_IPV6, HEDDLE_IP6T_SO_ORIGINAL_DST, &v6, &length) == 0 && v6.sin6_family == AF_INET6) {
    *port = ntohs(v6.sin6_port);
    return inet_ntop(AF_INET6, &v6.sin6_addr, ip, INET6_ADDRSTRLEN) == NULL ? errno : 0;
  }
  return v4_error == 0 ? ENOENT : v4_error;
}

static napi_value original_destination(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int32_t fd;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
      napi_get_value_int32(env, argument, &fd) != napi_ok) {
    napi_throw_type_error(env, "EINVAL", "originalDestination takes a file descriptor");
    return NULL;
  }

  char ip[INET6_ADDRSTRLEN];
  uint32_t port;
  int failure = read_destination(fd, ip, &port);
  if (failure != 0) {
    char message[128];
    snprintf(message, sizeof message, "original destination of descriptor %d: %s", fd, strerror(failure));
    napi_throw_error(env, errno_name(failure), message);
    return NULL;
  }

  napi_value result, ip_value, port_value;
  if (napi_create_object(env, &result) != napi_ok ||
      napi_create_string_utf8(env, ip, NAPI_AUTO_LENGTH, &ip_value) != napi_ok ||
      napi_create_uint32(env, port, &port_value) != napi_ok ||
      napi_set_named_property(env, result, "ip", ip_value) != napi_ok ||
      napi_set_named_property(env, result, "port", port_value) != napi_ok) {
    return NULL;
  }
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "originalDestination", NAPI_AUTO_LENGTH, original_destination, NULL, &function) !=
          napi_ok ||
      napi_set_named_property(env, exports, "originalDestination", function) != napi_ok) {
    return NULL;
  }
  return exports;
}
