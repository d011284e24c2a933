// What Alertmanager posts and what people do, in any order and at any time: the casebook stays one that a restart could make again.
#include <map>
#include <set>

#include "exporters/notifier/incident/case_test.h"
#include "fuzz/fuzz.h"
#include "notifier/incident/payload.h"

using namespace finwatch;
using namespace finwatch::notifier;
using fuzz::require;

namespace {

class Night {
 public:
  Night() : contract_(contract()), casebook_(contract_, {}, now_) { initialise(counters_, *contract_); }

  // Text after a byte that says what it is: a webhook, an action, time that passes.
  void happens(fuzz::Bytes& bytes) {
    Decisions out(counters_);
    switch (bytes.byte() % 4) {
      case 0: now_ += std::chrono::seconds{1U << (bytes.byte() % 20)}; break;
      case 1: act(bytes, out); break;
      case 2: audit(bytes.byte(), out); break;
      default: receive(bytes.text(), out);
    }
    casebook_.tick(now_, out);
    keep(out);
    check();
  }

 private:
  static std::shared_ptr<Contract> contract() {
    auto made = test::a_contract();
    made->heartbeat = Heartbeat{"Watchdog", std::chrono::hours{1}};
    made->severities["light"].business_hours_only = true;
    made->business_hours.days = {false, true, true, true, true, true, false};
    return made;
  }

  void receive(std::string_view body, Decisions& out) {
    const Result<Payload> payload = read_payload(body);
    if (!payload) return fuzz::require_text(payload.error().message);
    for (const ReceivedAlert& alert : payload->alerts) {
      require(alert.fingerprint.size() == 16, "a fingerprint is whole");
      require(!alert.label("alertname").empty(), "an alert has a name");
      require(alert.firing || alert.ended >= alert.starts, "nothing ends before it begins");
    }
    casebook_.receive(*payload, now_, out);
  }

  void act(fuzz::Bytes& bytes, Decisions& out) {
    constexpr std::string_view kPeople[] = {"zhang.wei", "li.na", "", "root"};
    Action action;
    action.kind = static_cast<ActionKind>(bytes.byte() % kActionNames.size());
    action.incident = bytes.byte() % 8;
    action.actor = kPeople[bytes.byte() % 4];
    const unsigned target = bytes.byte();
    action.target = action.kind == ActionKind::merge ? std::to_string(target % 8) : std::string(kPeople[target % 4]);
    action.note = bytes.text();
    const Status done = casebook_.act(action, now_, out);
    if (done) return;
    fuzz::require_text(done.error().message);
    require(out.changed.empty() && out.timeline.empty() && out.messages.empty(), "what is refused changes nothing");
  }

  void audit(unsigned which, Decisions& out) {
    const std::vector<std::string> asked = casebook_.overdue(now_);
    std::set<std::string> there;
    for (std::size_t i = 0; i < asked.size(); ++i)
      if (which >> (i % 8) & 1U) there.insert(asked[i]);
    casebook_.audited(asked, there, now_, out);
  }

  void keep(const Decisions& out) {
    for (const AlertRecord& alert : out.alerts) {
      // A fingerprint fires once at most: each beginning but the last has been ended.
      auto& starts = firing_[alert.fingerprint];
      if (alert.firing)
        starts[alert.starts] = alert.incident;
      else
        starts.erase(alert.starts);
      require(starts.size() <= 1 || casebook_.find(starts.begin()->second) == nullptr ||
                  casebook_.find(starts.rbegin()->second) == nullptr,
              "an alert fires since one instant");
    }
    for (const TimelineEntry& entry : out.timeline) require(entry.incident > 0 && !entry.kind.empty(), "a line belongs");
    for (const Delivery& message : out.messages) require(casebook_.find(message.incident) != nullptr, "a message is about one");
  }

  void check() const {
    require(casebook_.next_due() > now_, "after a tick, what is due is in the future");
    std::map<std::int64_t, int> fire;
    for (const auto& [fingerprint, starts] : firing_)
      for (const auto& [at, incident] : starts) ++fire[incident];
    std::set<std::string> open;
    for (const auto& [id, incident] : casebook_.incidents()) {
      require(id == incident.id && id < casebook_.next_id() && !incident.key.empty(), "an incident has a number and a key");
      require(incident.is_open() == !incident.closed, "closed is closed");
      require(incident.state != State::received, "what was received is classified");
      if (incident.state < State::resolved)
        require(incident.state == state_of(incident), "the state is that of the milestones");
      if (incident.is_open()) require(open.insert(incident.key).second, "one open incident a key");
      require(incident.firing >= 0, "no fewer than none fire");
      if (incident.key != kHeartbeatKey) require(incident.firing == fire[id], "as many fire as fire");
      require(contract_->severity(incident.severity) != nullptr, "a severity of the contract");
      require(contract_->fault_class(incident.fault_class) != nullptr, "a class of the contract");
    }
    for (const auto& [key, value] : counters_) require(value >= 0, "counters count up");
  }

  std::shared_ptr<Contract> contract_;
  WallTime now_ = *parse_instant("2026-11-23T02:00:00Z");
  Counters counters_;
  Casebook casebook_;
  std::map<std::string, std::map<WallTime, std::int64_t>> firing_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  Night night;
  for (int i = 0; i < 64 && !bytes.done(); ++i) night.happens(bytes);
  return 0;
}
