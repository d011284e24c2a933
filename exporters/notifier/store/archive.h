// What leaves the journal stays in files that any tool reads: a line of JSON for each incident, with its alerts, timeline and
// deliveries, in the file of the month in which it was closed (UTC): <folder>/incidents-2026-05.jsonl.
//
//   Result<Archive> archive = Archive::open("/var/lib/finwatch/notifier/archive");
//   store.remove_closed(before, 100, [&](std::string_view lines) { return archive->add(lines); });
//
// When add() returns ok they are on disk. After a crash between that and the removal the same incident comes again, so a file may
// have it twice: the later line is as good as the earlier one.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "notifier/incident/incident.h"

namespace finwatch::notifier {

class Archive {
 public:
  /// Makes the folder, for us alone, where it is not there; permission or config when that cannot be.
  static Result<Archive> open(std::string folder);

  /// Appends whole lines. Half a line that a crash left at the end of a file is cut off first. unavailable (a full disk) leaves
  /// every file as it was, or with some of the lines, never with half of one; malformed for a line without a closing time.
  Status add(std::string_view lines);

 private:
  explicit Archive(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

/// Everything of one incident as a line, times as 2026-05-01T08:00:00.5Z, what is not there as null.
std::string archive_line(const Incident& incident, const std::vector<AlertRecord>& alerts,
                         const std::vector<TimelineEntry>& timeline, const std::vector<Delivery>& deliveries);

}  // namespace finwatch::notifier
