#include "host/sources/chrony_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

#include "core/text.h"

namespace finwatch::host {
namespace {

constexpr std::uint8_t kVersion = 6;
constexpr std::uint8_t kRequest = 1;
constexpr std::uint8_t kReply = 2;
constexpr std::size_t kReplyHeader = 28;
// A request has to be as long as its answer, so that nobody can use chronyd to send more than he sends himself. The longest
// answer that is asked for here is that to tracking.
constexpr std::size_t kRequestLength = 104;
constexpr std::string_view kUnix = "unix:";

enum class Refusal : std::uint16_t { success = 0, unauthorised = 2, not_enabled = 6, no_access = 10, bad_version = 18 };

/// Numbers in network order, taken from the left. Who asks has checked that there are enough bytes.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T number() {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | static_cast<unsigned char>(rest_[i]));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  WireReader& skip(std::size_t bytes) {
    rest_.remove_prefix(bytes);
    return *this;
  }
  // Seven bits of exponent and 25 of coefficient, both with a sign: coefficient × 2^(exponent − 25).
  double real() {
    const auto bits = number<std::uint32_t>();
    const auto exponent = static_cast<std::int32_t>(bits) >> 25;
    const auto coefficient = static_cast<std::int32_t>(bits << 7) >> 7;
    return std::ldexp(coefficient, exponent - 25);
  }
  // Seconds since 1970 in two halves, the upper one marked as absent by old machines, and nanoseconds.
  double time() {
    constexpr std::uint32_t kNoUpperHalf = 0x7fffffff;
    const auto upper = number<std::uint32_t>();
    const auto lower = number<std::uint32_t>();
    const auto nanoseconds = number<std::uint32_t>();
    const std::uint64_t seconds = (upper == kNoUpperHalf ? 0 : std::uint64_t{upper} << 32) | lower;
    return static_cast<double>(seconds) + nanoseconds / 1e9;
  }
  // 16 bytes of address, two of family, two of padding. A reference clock has its letters where an IPv4 address would be.
  ChronyName name(bool is_clock) {
    const std::string_view bytes = rest_.substr(0, 16);
    const auto family = skip(16).number<std::uint16_t>();
    skip(2);
    ChronyName name;
    if (is_clock) {
      const std::string_view letters = bytes.substr(0, 4);
      std::copy_if(letters.begin(), letters.end(), name.text, [](char c) { return c > ' ' && c <= '~'; });
    } else if (family == 1) {
      ::inet_ntop(AF_INET, bytes.data(), name.text, sizeof name.text);
    } else if (family == 2) {
      ::inet_ntop(AF_INET6, bytes.data(), name.text, sizeof name.text);
    } else if (family == 3) {
      std::memcpy(name.text, "ID#", 3);
      std::to_chars(name.text + 3, name.text + sizeof name.text - 1, WireReader(bytes).number<std::uint32_t>());
    }
    return name;
  }

 private:
  std::string_view rest_;
};

void put(char* at, std::uint32_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) at[i] = static_cast<char>(value >> 8 * (bytes - 1 - i));
}

double millionths(double parts) { return parts / 1e6; }

}  // namespace

Result<ChronyClient> ChronyClient::make(std::string_view address, const Env& env) {
  const auto wrong = [&] {
    return Error{Errc::config,
                 "expected an address such as 127.0.0.1:323, [::1]:323 or unix:/run/chrony/chronyd.sock, found \"" +
                     valid_utf8(address) + "\""};
  };
  ChronyClient client;
  client.address_ = address;
  if (address.starts_with(kUnix)) {
    const std::string path = env.root(address.substr(kUnix.size()));
    auto& peer = reinterpret_cast<sockaddr_un&>(client.peer_);
    if (address.size() == kUnix.size() || path.size() >= sizeof peer.sun_path) return wrong();
    peer.sun_family = AF_UNIX;
    path.copy(peer.sun_path, path.size());
    client.peer_length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return client;
  }
  const std::size_t colon = address.rfind(':');
  const auto port = colon == std::string_view::npos ? std::nullopt : to_number<std::uint16_t>(address.substr(colon + 1));
  if (!port || *port == 0) return wrong();
  std::string host(address.substr(0, colon));
  auto& v4 = reinterpret_cast<sockaddr_in&>(client.peer_);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(client.peer_);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return wrong();
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(*port);
    client.peer_length_ = sizeof v6;
    return client;
  }
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) return wrong();
  v4.sin_family = AF_INET;
  v4.sin_port = htons(*port);
  client.peer_length_ = sizeof v4;
  return client;
}

ChronyClient::~ChronyClient() {
  if (!own_path_.empty()) ::unlink(own_path_.c_str());
}

Result<ChronyTracking> ChronyClient::tracking(SteadyTime deadline) {
  const Result<std::string_view> data = ask(kTracking, 0, deadline);
  if (!data) return data.error();
  WireReader reader(*data);
  ChronyTracking tracking;
  tracking.reference_id = reader.number<std::uint32_t>();
  tracking.reference = reader.name(false);
  tracking.stratum = reader.number<std::uint16_t>();
  tracking.leap = static_cast<ChronyLeap>(std::min<std::uint16_t>(reader.number<std::uint16_t>(), 3));
  tracking.updated = reader.time();
  tracking.correction = reader.real();
  tracking.last_offset = reader.real();
  tracking.rms_offset = reader.real();
  tracking.frequency = millionths(reader.real());
  tracking.residual_frequency = millionths(reader.real());
  tracking.skew = millionths(reader.real());
  tracking.root_delay = reader.real();
  tracking.root_dispersion = reader.real();
  tracking.update_interval = reader.real();
  return tracking;
}

Result<ChronyActivity> ChronyClient::activity(SteadyTime deadline) {
  const Result<std::string_view> data = ask(kActivity, 0, deadline);
  if (!data) return data.error();
  WireReader reader(*data);
  ChronyActivity activity;
  activity.online = reader.number<std::uint32_t>();
  activity.offline = reader.number<std::uint32_t>();
  activity.burst_online = reader.number<std::uint32_t>();
  activity.burst_offline = reader.number<std::uint32_t>();
  activity.unresolved = reader.number<std::uint32_t>();
  return activity;
}

Result<std::uint32_t> ChronyClient::count_sources(SteadyTime deadline) {
  const Result<std::string_view> data = ask(kCountSources, 0, deadline);
  if (!data) return data.error();
  return WireReader(*data).number<std::uint32_t>();
}

Result<ChronySource> ChronyClient::source(std::uint32_t index, SteadyTime deadline) {
  constexpr std::size_t kModeAt = 20 + 6;  // behind the name and three numbers
  constexpr std::uint16_t kClock = 2;
  constexpr std::uint32_t kNever = 0xffffffff;
  const Result<std::string_view> data = ask(kSource, index, deadline);
  if (!data) return data.error();
  const bool is_clock = WireReader(data->substr(kModeAt)).number<std::uint16_t>() == kClock;
  WireReader reader(*data);
  ChronySource source;
  source.name = reader.name(is_clock);
  source.stratum = reader.skip(2).number<std::uint16_t>();
  const auto selection = reader.number<std::uint16_t>();
  source.selection = selection > 5 ? ChronySelection::unusable : static_cast<ChronySelection>(selection);
  source.reached = static_cast<std::uint8_t>(reader.skip(4).number<std::uint16_t>());
  const auto age = reader.number<std::uint32_t>();
  if (age != kNever) source.age = age;
  source.offset = reader.skip(4).real();
  source.error = reader.real();
  return source;
}

// Closes the socket, which the next question opens again.
Error ChronyClient::broken(int number) {
  socket_.reset();
  // Absence is an ordinary answer, given at every scrape: it costs no message.
  if (number == ECONNREFUSED || number == ENOENT) return {Errc::no_data, {}};
  return error_from_errno(number, "chronyd at " + address_);
}

Result<std::string_view> ChronyClient::ask(const Kind& kind, std::uint32_t index, SteadyTime deadline) {
  const bool was_open = static_cast<bool>(socket_);
  Result<std::string_view> data = exchange(kind, index, deadline);
  // A socket that was open and broke may have led to a chronyd that was started anew since.
  const bool broke = was_open && !socket_;
  return broke ? exchange(kind, index, deadline) : std::move(data);
}

Result<std::string_view> ChronyClient::exchange(const Kind& kind, std::uint32_t index, SteadyTime deadline) {
  if (Status status = open(); !status) return std::move(status).error();
  if (Status status = send(kind, index); !status) return std::move(status).error();
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    const int ready = left.count() <= 0 ? 0 : ::poll(&wait, 1, static_cast<int>(std::min<long>(left.count(), 60'000)));
    if (ready == 0) return Error{Errc::timeout, "chronyd at " + address_ + " did not answer in time"};
    const ssize_t length = ready < 0 ? -1 : ::recv(socket_.get(), answer_, sizeof answer_, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (length < 0) return broken(errno);
    if (auto judged = judge(kind, static_cast<std::size_t>(length))) return *std::move(judged);
  }
}

Status ChronyClient::open() {
  if (socket_) return ok();
  socket_.reset(::socket(peer_.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return broken(errno);
  // Of a connected socket the kernel lets nobody else's datagrams through, and says when nobody listens.
  const bool connected = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&peer_), peer_length_) == 0;
  Status status = connected ? ok() : Status(broken(errno));
  if (status && peer_.ss_family == AF_UNIX) status = bind_beside();
  if (!status) socket_.reset();
  return status;
}

// chronyd answers to a socket file only, and reaches only what is beside its own.
Status ChronyClient::bind_beside() {
  static std::atomic<unsigned> number{0};
  const std::string_view theirs = reinterpret_cast<const sockaddr_un&>(peer_).sun_path;
  if (own_path_.empty())
    own_path_ = Env::join(theirs.substr(0, theirs.rfind('/')),
                          "finwatch." + std::to_string(::getpid()) + "." + std::to_string(++number) + ".sock");
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  if (own_path_.size() >= sizeof own.sun_path) return {Errc::config, own_path_ + ": too long for a socket"};
  own_path_.copy(own.sun_path, own_path_.size());
  ::unlink(own_path_.c_str());
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0)
    return error_from_errno(errno, own_path_);
  if (::chmod(own_path_.c_str(), 0666) != 0) return error_from_errno(errno, own_path_);
  return ok();
}

Status ChronyClient::send(const Kind& kind, std::uint32_t index) {
  char request[kRequestLength] = {};
  request[0] = static_cast<char>(kVersion);
  request[1] = static_cast<char>(kRequest);
  put(request + 4, kind.command, 2);
  put(request + 8, ++sequence_, 4);
  put(request + 20, index, 4);
  if (::send(socket_.get(), request, sizeof request, MSG_NOSIGNAL) < 0) return broken(errno);
  return ok();
}

// What the datagram in `answer_` means; nothing when it answers something else.
std::optional<Result<std::string_view>> ChronyClient::judge(const Kind& kind, std::size_t length) const {
  if (length < kReplyHeader) return std::nullopt;
  WireReader reader({answer_, length});
  const auto version = reader.number<std::uint8_t>();
  const auto type = reader.number<std::uint8_t>();
  const auto command = reader.skip(2).number<std::uint16_t>();
  const auto reply = reader.number<std::uint16_t>();
  const auto status = reader.number<std::uint16_t>();
  const auto sequence = reader.skip(6).number<std::uint32_t>();
  if (type != kReply || command != kind.command || sequence != sequence_) return std::nullopt;
  const auto who = [&] { return "chronyd at " + address_; };
  if (version != kVersion || status == static_cast<std::uint16_t>(Refusal::bad_version))
    return Error{Errc::malformed, who() + " speaks version " + std::to_string(version) + " of its protocol, expected 6"};
  switch (static_cast<Refusal>(status)) {
    case Refusal::success: break;
    case Refusal::unauthorised:
    case Refusal::not_enabled:
    case Refusal::no_access:
      return Error{Errc::permission,
                   who() + " refuses command " + std::to_string(command) + ": see opencommands and cmdallow in chrony.conf"};
    default:
      return Error{Errc::unavailable,
                   who() + " answers command " + std::to_string(command) + " with status " + std::to_string(status)};
  }
  if (reply != kind.reply || length < kReplyHeader + kind.length)
    return Error{Errc::malformed, who() + " answers command " + std::to_string(command) + " with " + std::to_string(length) +
                                      " bytes of kind " + std::to_string(reply)};
  return std::string_view(answer_ + kReplyHeader, kind.length);
}

}  // namespace finwatch::host
