#include "web/server.h"

#include <microhttpd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "web/exchange.h"
#include "web/landing.h"
#include "web/listener.h"

namespace finwatch {
namespace {

// libmicrohttpd's single-thread epoll loop stalls from about 256 busy connections; a pool of two does not.
constexpr unsigned kThreads = 2;
// Each thread may have half of them. One that is full leaves the queue without telling the other, and who waits in it then is only let
// in when somebody else knocks: so there is more room than anybody needs.
constexpr unsigned kMostConnections = 1024;
constexpr std::size_t kConnectionMemory = std::size_t{32} << 10;  // bounds a request's head and our answer's

Exchange* exchange_of(MHD_Connection* connection) {
  const MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == nullptr ? nullptr : static_cast<Exchange*>(info->socket_context);
}

void connection_changed(void* cls, MHD_Connection* connection, void** context, MHD_ConnectionNotificationCode code) {
  Site& site = *static_cast<Site*>(cls);
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    if (auto* exchange = static_cast<Exchange*>(std::exchange(*context, nullptr))) exchange->closed();
    return;
  }
  try {
    const int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    auto* exchange = new Exchange(site, connection, socket);  // deletes itself, see Exchange::closed
    *context = exchange;
    if (site.guard != nullptr && site.guard->uses_tls()) {
      exchange->tls_policy = site.guard->current();
      if (exchange->tls_policy != nullptr)
        exchange->tls_policy->tls->apply(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
      else
        ::shutdown(socket, SHUT_RDWR);  // the configuration is broken now: no handshake
    }
  } catch (const std::exception& error) {
    site.env.log->error("a connection was dropped", {{"error", error.what()}});
  }
}

void* request_line(void* cls, const char* target, MHD_Connection* connection) {
  Exchange* exchange = exchange_of(connection);
  try {
    if (exchange != nullptr) exchange->request_line(target);
    return exchange;
  } catch (const std::exception& error) {
    static_cast<Site*>(cls)->env.log->error("a request was dropped", {{"error", error.what()}});
    return nullptr;
  }
}

MHD_Result handle(void* cls, MHD_Connection*, const char*, const char* method, const char*, const char* body,
                  std::size_t* body_size, void** context) {
  try {
    return *context == nullptr ? MHD_NO : static_cast<Exchange*>(*context)->handle(method, body, body_size);
  } catch (const std::exception& error) {
    static_cast<Site*>(cls)->env.log->error("a request was dropped", {{"error", error.what()}});
    return MHD_NO;
  }
}

void completed(void*, MHD_Connection*, void** context, MHD_RequestTerminationCode) {
  if (*context != nullptr) static_cast<Exchange*>(*context)->completed();
}

__attribute__((format(printf, 2, 0))) void log_line(void* cls, const char* format, va_list arguments) {
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  const std::string_view text(line);
  static_cast<Site*>(cls)->env.log->debug("http", {{"detail", text.substr(0, text.find_last_not_of(" \n") + 1)}});
}

unsigned most_connections() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return kMostConnections;
  return static_cast<unsigned>(std::clamp<rlim_t>(files.rlim_cur / 2, 16, kMostConnections));
}

Result<std::vector<Listener>> open_listeners(const WebOptions& options) {
  if (options.systemd_socket) {
    const char* pid = std::getenv("LISTEN_PID");
    const char* count = std::getenv("LISTEN_FDS");
    return take_systemd_listeners(pid == nullptr ? "" : pid, count == nullptr ? "" : count);
  }
  if (options.listen_addresses.empty())
    return {Errc::config, "no address to listen on: give --web.listen-address, or --web.systemd-socket"};
  std::vector<Listener> listeners;
  for (const std::string& address : options.listen_addresses) {
    Result<Listener> listener = open_listener(address);
    if (!listener) return listener.error();
    listeners.push_back(std::move(*listener));
  }
  return listeners;
}

struct StopDaemon {
  void operator()(MHD_Daemon* daemon) const {
    MHD_quiesce_daemon(daemon);  // or it would close the listening socket, which is ours
    MHD_stop_daemon(daemon);
  }
};
using Daemon = std::unique_ptr<MHD_Daemon, StopDaemon>;

Daemon start_daemon(Site& site, int socket) {
  const bool tls = site.guard != nullptr && site.guard->uses_tls();
  const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                         MHD_USE_ERROR_LOG | (tls ? unsigned{MHD_USE_TLS} : 0U);
  return Daemon(MHD_start_daemon(flags, 0, nullptr, nullptr, &handle, &site,                //
                                 MHD_OPTION_EXTERNAL_LOGGER, &log_line, &site,              //
                                 MHD_OPTION_LISTEN_SOCKET, socket,                          //
                                 MHD_OPTION_THREAD_POOL_SIZE, kThreads,                     //
                                 MHD_OPTION_STRICT_FOR_CLIENT, 1,                           //
                                 MHD_OPTION_CONNECTION_LIMIT, most_connections(),           //
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,     //
                                 MHD_OPTION_NOTIFY_CONNECTION, &connection_changed, &site,  //
                                 MHD_OPTION_URI_LOG_CALLBACK, &request_line, &site,         //
                                 MHD_OPTION_NOTIFY_COMPLETED, &completed, &site,            //
                                 static_cast<int>(tls ? MHD_OPTION_HTTPS_CERT_CALLBACK : MHD_OPTION_END), no_certificate(),
                                 MHD_OPTION_END));
}

}  // namespace

struct WebServer::Body {
  Body(WebOptions options, WebHooks hooks, Runner& runner, const Env& env)
      : site(std::move(options), std::move(hooks), runner, env) {}

  Site site;
  std::vector<Listener> listeners;
  std::vector<Daemon> daemons;  // one a listener
};

WebReply::~WebReply() {
  if (receiver_) send({.code = 500, .body = "the request was given up\n"});
}

void WebReply::send(WebAnswer answer) {
  if (const std::shared_ptr<Receiver> receiver = std::move(receiver_)) receiver->receive(std::move(answer));
}

Result<std::unique_ptr<WebServer>> WebServer::start(WebOptions options, WebHooks hooks, Runner& runner, const Env& env) {
  auto body = std::make_unique<Body>(std::move(options), std::move(hooks), runner, env);
  Site& site = body->site;
  site.landing = landing_page(site.options, site.hooks);
  if (!site.options.config_file.empty()) {
    Result<std::unique_ptr<Guard>> guard = Guard::open(site.options.config_file, env);
    if (!guard) return guard.error();
    site.guard = std::move(*guard);
  }
  Result<std::vector<Listener>> listeners = open_listeners(site.options);
  if (!listeners) return listeners.error();
  body->listeners = std::move(*listeners);
  for (const Listener& listener : body->listeners) {
    errno = 0;
    Daemon daemon = start_daemon(site, listener.socket.get());
    if (!daemon) return error_from_errno(errno, "cannot serve " + listener.address + " (threads or descriptors exhausted?)");
    body->daemons.push_back(std::move(daemon));
  }
  return std::unique_ptr<WebServer>(new WebServer(std::move(body)));
}

WebServer::WebServer(std::unique_ptr<Body> body) : body_(std::move(body)) {}

WebServer::~WebServer() {
  Site& site = body_->site;
  site.stopping = true;
  for (const Daemon& daemon : body_->daemons) MHD_quiesce_daemon(daemon.get());
  site.wait_for_requests(site.options.limits.drain);
  // libmicrohttpd must not be stopped while a connection is put aside.
  site.cutting = true;
  site.reaper.for_each([](Reaper::Watched& each) { static_cast<Exchange&>(each).cut(); });
  body_->daemons.clear();
}

std::vector<std::string> WebServer::addresses() const {
  std::vector<std::string> addresses;
  for (const Listener& listener : body_->listeners) addresses.push_back(listener.address);
  return addresses;
}

}  // namespace finwatch
