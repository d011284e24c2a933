// What flows have created and not yet removed, on disk, so that neither a crash nor a lost answer leaves a record behind unseen.
//
//   Result<std::unique_ptr<Journal>> journal = Journal::open("/var/lib/finwatch/workflow", zone, clock);
//   if (Status status = (*journal)->intend("voucher_entry", run_id, "voucher"); !status) return status.error();   // then send
//   (*journal)->created("voucher_entry", run_id, "voucher", "42");
//   (*journal)->removed("voucher_entry", run_id, "voucher");
//
// An intention is on the disk before the request is sent: a save whose answer never came may still have been committed. The file
// is one line an event, and is written anew when it is opened; a line that a crash cut off is left out. One process at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/zone.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/result.h"

namespace finwatch::workflow {

/// A record that was to be created and, as far as is known, still stands.
struct Leftover {
  std::string run_id;
  std::string record;  // its kind: "voucher"
  std::string id;      // empty when the answer that names it never came
  WallTime since{};
};

class Journal {
 public:
  /// Makes the folder when there is none. config when another process has it, or it cannot be read or written.
  static Result<std::unique_ptr<Journal>> open(const std::string& folder, const Zone& zone, const Clock& clock);

  /// Before a request that creates a record or changes one is sent; counts as a write of today. An error forbids the request.
  Status intend(std::string_view flow, std::string_view run_id, std::string_view record);
  Status change(std::string_view flow, std::string_view run_id);
  /// What became of it. What cannot be written is known until the end of the process, and counted.
  void created(std::string_view flow, std::string_view run_id, std::string_view record, std::string_view id);
  /// The request never left this machine.
  void withdraw(std::string_view flow, std::string_view run_id, std::string_view record);
  void removed(std::string_view flow, std::string_view run_id, std::string_view record);
  /// A sweep has looked for and removed whatever earlier runs left behind.
  void swept(std::string_view flow, std::string_view current_run_id);

  std::vector<Leftover> leftovers(std::string_view flow) const;
  /// Writes since midnight, by the clock of the zone.
  int writes_today(std::string_view flow) const;
  std::uint64_t write_errors() const { return write_errors_; }

 private:
  struct Writes {
    Day day{};
    int count = 0;
  };
  Journal(std::string folder, Zone zone, const Clock& clock) : folder_(std::move(folder)), zone_(zone), clock_(clock) {}
  Status load();
  Status rewrite();
  void take(std::string_view line);
  void apply(std::string_view event, std::string_view flow, std::string_view run_id, std::string_view record,
             std::string_view id, WallTime at);
  Status append(std::string_view event, std::string_view flow, std::string_view run_id, std::string_view record = {},
                std::string_view id = {});
  static Status write_out(int file, std::string_view text, const std::string& path);
  void note(std::string_view event, std::string_view flow, std::string_view run_id, std::string_view record = {},
            std::string_view id = {});

  std::string folder_;
  Zone zone_;
  const Clock& clock_;
  Descriptor lock_;
  Descriptor file_;
  std::map<std::string, std::vector<Leftover>, std::less<>> open_;  // by flow
  std::map<std::string, Writes, std::less<>> writes_;               // by flow, of the last day with any
  std::uint64_t write_errors_ = 0;
  std::size_t appended_ = 0;  // bytes since the file was written anew
  bool torn_ = false;         // the last line was cut off: the next one begins anew
};

}  // namespace finwatch::workflow
