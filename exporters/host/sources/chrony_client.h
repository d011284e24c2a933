// Asking chronyd over its command protocol (version 6): one datagram there, one back, on a socket that stays open.
//
//   auto client = ChronyClient::make("127.0.0.1:323", env);         // or "[::1]:323", "unix:/run/chrony/chronyd.sock"
//   const Result<ChronyTracking> tracking = client->tracking(deadline);
//
// Answers are checked before they are read: version, command, sequence number, length. An answer to something else is passed
// over. Errors: no_data (nobody listens), permission, timeout, malformed, unavailable. Nothing is allocated while all is well.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/environment.h"
#include "core/files.h"
#include "core/result.h"

namespace finwatch::host {

enum class ChronyLeap : std::uint16_t { normal, insert, remove, unsynchronised };

/// A source or a reference: an IP address, the four letters of a clock, or ID#… of a name without an address yet.
struct ChronyName {
  char text[48] = {};
  std::string_view view() const { return text; }
  bool operator==(const ChronyName& other) const { return view() == other.view(); }
};

/// What chronyd says of the clock. Seconds, and ratios (parts of 1, not of a million). Signs are chronyd's own.
struct ChronyTracking {
  std::uint32_t reference_id = 0;  // 0: not synchronised
  ChronyName reference;            // empty for a local clock
  std::uint16_t stratum = 0;
  ChronyLeap leap = ChronyLeap::unsynchronised;
  double updated = 0;     // seconds since 1970
  double correction = 0;  // what would have to be added to the system clock
  double last_offset = 0;
  double rms_offset = 0;
  double frequency = 0;
  double residual_frequency = 0;
  double skew = 0;
  double root_delay = 0;
  double root_dispersion = 0;
  double update_interval = 0;
};

/// How many sources are in each state.
struct ChronyActivity {
  std::uint32_t online = 0;
  std::uint32_t offline = 0;
  std::uint32_t burst_online = 0;
  std::uint32_t burst_offline = 0;
  std::uint32_t unresolved = 0;
};

enum class ChronySelection : std::uint16_t { selected, unusable, falseticker, variable, combined, not_combined };

struct ChronySource {
  ChronyName name;
  std::uint16_t stratum = 0;
  ChronySelection selection = ChronySelection::unusable;
  std::uint8_t reached = 0;          // one bit for each of the last eight polls
  std::optional<std::uint32_t> age;  // seconds since its last sample; nothing when it never gave one
  double offset = 0;
  double error = 0;
};

class ChronyClient {
 public:
  /// config when the address is none.
  static Result<ChronyClient> make(std::string_view address, const Env& env);
  ChronyClient(ChronyClient&&) noexcept = default;
  ChronyClient& operator=(ChronyClient&&) = delete;
  ~ChronyClient();

  Result<ChronyTracking> tracking(SteadyTime deadline);
  Result<ChronyActivity> activity(SteadyTime deadline);
  Result<std::uint32_t> count_sources(SteadyTime deadline);
  Result<ChronySource> source(std::uint32_t index, SteadyTime deadline);

 private:
  struct Kind {
    std::uint16_t command;
    std::uint16_t reply;
    std::size_t length;  // of the reply's data
  };
  static constexpr Kind kCountSources{14, 2, 4};
  static constexpr Kind kSource{15, 3, 48};
  static constexpr Kind kTracking{33, 5, 76};
  static constexpr Kind kActivity{44, 12, 20};

  ChronyClient() = default;

  /// The data of the answer, until the next question.
  Result<std::string_view> ask(const Kind& kind, std::uint32_t index, SteadyTime deadline);
  Result<std::string_view> exchange(const Kind& kind, std::uint32_t index, SteadyTime deadline);
  Status open();
  Status bind_beside();
  Status send(const Kind& kind, std::uint32_t index);
  std::optional<Result<std::string_view>> judge(const Kind& kind, std::size_t length) const;
  Error broken(int number);

  std::string address_;  // as it was given
  sockaddr_storage peer_{};
  socklen_t peer_length_ = 0;
  Descriptor socket_;
  std::string own_path_;  // of a Unix socket: where the answers come in
  std::uint32_t sequence_ = 0;
  char answer_[512] = {};
};

}  // namespace finwatch::host
