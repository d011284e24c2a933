// GET /probe: the order is read on the web's thread, the probe runs on the loop's, and its page is the answer.
//
//   ProbeDesk desk;                               // before the web; routes hold it
//   desk.set(setup);                              // at the start and at each reload: probes under way keep what they began with
//   desk.open({loop, resolver, tls, http});       // from now on it answers
//   desk.close();                                 // those under way are answered with 503, and so is everybody later
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "web/server.h"
#include "workflow/probe/probe.h"

namespace finwatch::workflow {

struct ProbeSetup {
  Modules modules;
  HostList hosts;
};

/// Sections modules, modules_file and probe. config with file:line:column.
Result<std::shared_ptr<const ProbeSetup>> read_probe_setup(const Tree& file);

class ProbeDesk {
 public:
  ProbeDesk();
  ~ProbeDesk();
  ProbeDesk(const ProbeDesk&) = delete;
  ProbeDesk& operator=(const ProbeDesk&) = delete;

  // All of them from any thread but the loop's.
  void set(std::shared_ptr<const ProbeSetup> setup);
  void open(const Network& network);
  /// Waits for the loop, which must be running.
  void close();
  void answer(const WebRequest& request, WebReply reply);

  Route route();

 private:
  struct Running;

  std::mutex mutex_;
  std::shared_ptr<const ProbeSetup> setup_;
  std::optional<Network> network_;
  std::shared_ptr<Running> running_;  // the loop's thread only
};

}  // namespace finwatch::workflow
