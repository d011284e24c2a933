// Who is on duty when: a rota.csv that a person keeps, in the organisation's own time.
//
//   Result<Rota> rota = load_rota("rota.csv", std::chrono::hours{9});
//   if (!rota) die(rota.error().message);                       // "rota.csv:7: no date '2026-13-01' …"
//   rota->on_duty(local);                                       // "zhang.wei", or nothing: a gap
//   for (const Rota::Gap& gap : rota->gaps(now, now + 30 days)) …
//
// The file: lines of `from,person` below that heading. `from` is a day, which begins at the hour of the hand-over, or a day with a
// time of its own (a swap for one night); what is written holds until the next line. A line without a person says that nobody is on duty.
// Whoever stands in the last line stays on duty: it is better to call somebody than nobody. planned_until() says where the plan ends.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/date.h"
#include "core/result.h"
#include "core/tree.h"

namespace finwatch {

class Rota {
 public:
  struct Line {
    LocalTime from;
    std::string person;  // empty: nobody
    Position where;
  };
  /// Times with nobody on duty; `to` is not part of it.
  struct Gap {
    LocalTime from, to;
    bool operator==(const Gap&) const = default;
  };

  /// In the order of their times, at least one.
  explicit Rota(std::vector<Line> lines) : lines_(std::move(lines)) {}

  /// An id of `people`.
  std::optional<std::string> on_duty(LocalTime at) const;
  /// The next time after `at` at which somebody else takes over, or nobody; nothing when the plan ends before.
  std::optional<LocalTime> next_change(LocalTime at) const;
  std::vector<Gap> gaps(LocalTime from, LocalTime to) const;
  LocalTime planned_until() const { return lines_.back().from; }
  const std::vector<Line>& lines() const { return lines_; }

 private:
  std::vector<Line> lines_;
};

/// config with "file:line: …"; no_data when there is no such file.
Result<Rota> load_rota(const std::string& path, std::chrono::minutes hand_over);
Result<Rota> read_rota(std::string_view text, const std::string& file_name, std::chrono::minutes hand_over);

}  // namespace finwatch
