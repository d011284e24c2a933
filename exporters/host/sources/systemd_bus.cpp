#include "host/sources/systemd_bus.h"

#include <systemd/sd-bus.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "core/text.h"

namespace finwatch::host {
namespace {

constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";
// A bus lets a client have so many questions open; dbus-daemon's limit for the system bus is 128.
constexpr std::size_t kMostOpen = 64;

struct Unref {
  void operator()(sd_bus* bus) const { ::sd_bus_close_unref(bus); }
  void operator()(sd_bus_slot* slot) const { ::sd_bus_slot_unref(slot); }
  void operator()(sd_bus_message* message) const { ::sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;

// As an address on the bus wants it: what is no letter, digit or - _ / . is written as %xx.
std::string address_of(std::string_view path) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string address = "unix:path=";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_/.").find(c) != std::string_view::npos;
    if (plain)
      address += c;
    else
      (address += '%').append({kHex[byte >> 4], kHex[byte & 15]});
  }
  return address;
}

Error refusal(const sd_bus_error& error) {
  const std::string_view name = error.name == nullptr ? "" : error.name;
  Errc code = Errc::unavailable;
  if (name.ends_with(".ServiceUnknown") || name.ends_with(".NameHasNoOwner")) code = Errc::no_data;
  if (name.ends_with(".AccessDenied") || name.ends_with(".InteractiveAuthorizationRequired")) code = Errc::permission;
  return {code, "systemd: " + valid_utf8(name) + ": " + valid_utf8(error.message == nullptr ? "" : error.message)};
}

/// The value of a property, when it is of the kind that is asked for.
void take(sd_bus_message* reply, const SystemdProperty& property) {
  char type = 0;
  const char* contents = nullptr;
  if (::sd_bus_message_peek_type(reply, &type, &contents) <= 0 || type != SD_BUS_TYPE_VARIANT) return;
  const std::string_view kind = contents;
  if (property.text != nullptr && kind == "s") {
    const char* text = nullptr;
    if (::sd_bus_message_read(reply, "v", "s", &text) > 0) *property.text = text;
  } else if (property.number != nullptr && kind == "t") {
    std::uint64_t number = 0;
    if (::sd_bus_message_read(reply, "v", "t", &number) > 0) *property.number = number;
  } else if (property.number != nullptr && kind == "u") {
    std::uint32_t number = 0;
    if (::sd_bus_message_read(reply, "v", "u", &number) > 0) *property.number = number;
  }
}

}  // namespace

/// A connection, and the questions that wait for an answer on it.
struct SystemdBus::Connection {
  struct Question {
    std::unique_ptr<sd_bus_slot, Unref> slot;
    Message reply;
    std::size_t* answered = nullptr;
  };

  std::unique_ptr<sd_bus, Unref> bus;
  std::array<Question, kMostOpen> questions;  // behind the bus, so that they go before it
  std::size_t asked = 0;
  std::size_t answered = 0;

  void forget() {
    for (Question& question : questions) question = {};
    asked = answered = 0;
  }

  // Called by the library: nothing may be thrown here.
  static int on_reply(sd_bus_message* reply, void* to, sd_bus_error*) noexcept {
    auto& question = *static_cast<Question*>(to);
    question.reply.reset(::sd_bus_message_ref(reply));
    ++*question.answered;
    return 1;
  }

  /// Sends a question. `message` is what made it, or a negative errno.
  Status ask(int made, Message message) {
    sd_bus_slot* slot = nullptr;
    Question& question = questions[asked];
    question.answered = &answered;
    constexpr std::uint64_t kNever = UINT64_MAX;  // the deadline is ours to keep
    const int sent = made < 0 ? made : ::sd_bus_call_async(bus.get(), &slot, message.get(), on_reply, &question, kNever);
    if (sent < 0) return error_from_errno(-sent, "systemd's bus");
    question.slot.reset(slot);
    ++asked;
    return ok();
  }

  /// Works until `done`, or an error or the deadline.
  template <class Done>
  Status work(SteadyTime deadline, Done done) {
    while (true) {
      const int moved = ::sd_bus_process(bus.get(), nullptr);
      if (moved < 0 && moved != -EINTR) return error_from_errno(-moved, "systemd's bus");
      if (done()) return ok();
      if (::sd_bus_is_open(bus.get()) <= 0) return {Errc::unavailable, "systemd's bus closed the connection"};
      if (moved > 0) continue;
      const auto left =
          std::chrono::duration_cast<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now()).count();
      if (left <= 0) return {Errc::timeout, "systemd's bus did not answer in time"};
      const int waited = ::sd_bus_wait(bus.get(), static_cast<std::uint64_t>(left));
      if (waited < 0 && waited != -EINTR) return error_from_errno(-waited, "systemd's bus");
    }
  }
  Status answers(SteadyTime deadline) {
    return work(deadline, [&] { return answered == asked; });
  }
};

SystemdBus::SystemdBus(const Env& env, Door door) : door_(door) {
  const char* variable = door == Door::system_bus && env.rootfs == "/" ? std::getenv("DBUS_SYSTEM_BUS_ADDRESS") : nullptr;
  if (variable != nullptr && *variable != '\0') {
    address_ = variable;
    return;
  }
  path_ = env.root(door == Door::system_bus ? "run/dbus/system_bus_socket" : "run/systemd/private");
  address_ = address_of(path_);
}

SystemdBus::~SystemdBus() = default;

Status SystemdBus::open(SteadyTime deadline) {
  // Absence is an ordinary answer, given at every scrape: it costs no message and no memory.
  if (!path_.empty() && ::access(path_.c_str(), F_OK) != 0) return Errc::no_data;
  auto fresh = std::make_unique<Connection>();
  sd_bus* bus = nullptr;
  int failed = ::sd_bus_new(&bus);
  fresh->bus.reset(bus);
  if (failed >= 0) failed = ::sd_bus_set_address(bus, address_.c_str());
  if (failed >= 0) failed = ::sd_bus_set_bus_client(bus, door_ == Door::system_bus);
  if (failed >= 0) failed = ::sd_bus_start(bus);
  // A socket file that nobody listens to is what a bus leaves behind that was stopped.
  if (failed == -ECONNREFUSED || failed == -ENOENT) return Errc::no_data;
  if (failed < 0) return error_from_errno(-failed, address_);
  Status status = fresh->work(deadline, [&] { return ::sd_bus_is_ready(bus) > 0; });
  if (status) connection_ = std::move(fresh);
  return status;
}

Status SystemdBus::list_units(SteadyTime deadline, const std::function<void(const SystemdUnit&)>& each) {
  const bool was_open = connection_ != nullptr;
  Status status = list_once(deadline, each);
  if (status || !was_open || status.error().code != Errc::unavailable) return status;
  // What was open may have led to a bus that was started anew since.
  return list_once(deadline, each);
}

Status SystemdBus::list_once(SteadyTime deadline, const std::function<void(const SystemdUnit&)>& each) {
  if (!connection_)
    if (Status status = open(deadline); !status) return status;
  Connection& connection = *connection_;
  sd_bus_message* question = nullptr;
  const int made = ::sd_bus_message_new_method_call(connection.bus.get(), &question, kSystemd, kSystemdManager,
                                                    kSystemdManagerInterface, "ListUnits");
  Status status = connection.ask(made, Message(question));
  if (status) status = connection.answers(deadline);
  if (!status) {
    connection_.reset();
    return status;
  }
  const Message reply = std::move(connection.questions[0].reply);
  connection.forget();
  if (const sd_bus_error* error = ::sd_bus_message_get_error(reply.get()); error != nullptr) {
    Error refused = refusal(*error);
    connection_.reset();
    return refused;
  }
  int read = ::sd_bus_message_enter_container(reply.get(), SD_BUS_TYPE_ARRAY, "(ssssssouso)");
  while (read > 0) {
    const char* name = nullptr;
    const char* description = nullptr;
    const char* load = nullptr;
    const char* active = nullptr;
    const char* sub = nullptr;
    const char* follows = nullptr;
    const char* path = nullptr;
    std::uint32_t job = 0;
    const char* job_type = nullptr;
    const char* job_path = nullptr;
    read = ::sd_bus_message_read(reply.get(), "(ssssssouso)", &name, &description, &load, &active, &sub, &follows, &path, &job,
                                 &job_type, &job_path);
    if (read > 0) each({name, load, active, path});
  }
  return read < 0 ? Status(Errc::malformed, "systemd: ListUnits did not answer with a list of units") : ok();
}

Status SystemdBus::get(std::span<const SystemdProperty> wanted, SteadyTime deadline) {
  while (!wanted.empty()) {
    const std::size_t some = std::min(wanted.size(), kMostOpen);
    if (Status status = get_some(wanted.first(some), deadline); !status) {
      connection_.reset();
      return status;
    }
    wanted = wanted.subspan(some);
  }
  return ok();
}

Status SystemdBus::get_some(std::span<const SystemdProperty> wanted, SteadyTime deadline) {
  if (!connection_) return {Errc::unavailable, "systemd's bus: not connected"};
  Connection& connection = *connection_;
  for (const SystemdProperty& property : wanted) {
    sd_bus_message* question = nullptr;
    int made = ::sd_bus_message_new_method_call(connection.bus.get(), &question, kSystemd, property.path, kProperties, "Get");
    if (made >= 0) made = ::sd_bus_message_append(question, "ss", property.interface, property.name);
    if (Status status = connection.ask(made, Message(question)); !status) return status;
  }
  if (Status status = connection.answers(deadline); !status) return status;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    sd_bus_message* reply = connection.questions[i].reply.get();
    // A unit may go between being listed and being asked; an older systemd does not know every property.
    if (::sd_bus_message_get_error(reply) == nullptr) take(reply, wanted[i]);
  }
  const bool alive = ::sd_bus_is_open(connection.bus.get()) > 0;
  connection.forget();
  return alive ? ok() : Status(Errc::unavailable, "systemd's bus closed the connection");
}

}  // namespace finwatch::host
