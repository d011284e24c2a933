// A year of what may happen to a casebook, drawn at random, beside what must hold of it.
#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <tuple>

#include "contract/wall.h"
#include "incident/case_test.h"
#include "notifier/store/rows.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace std::chrono_literals;
using finwatch::test::CaseTest;
using finwatch::test::Labels;

namespace {

constexpr std::string_view kWatchdog = "Watchdog";

std::shared_ptr<const Contract> a_year_of(const std::string& zone) {
  const auto contract = test::a_contract();
  contract->zone = zone_of(zone);
  contract->heartbeat = Heartbeat{std::string(kWatchdog), 1h};
  contract->business_hours = contract_in(zone).business_hours;
  contract->severities["light"].business_hours_only = true;
  contract->policies["by_mail"].front().by = {ChannelKind::dingtalk};
  // Some of everything, some of one service; two over the nights on which clocks change.
  contract->maintenance = {
      planned("2026-01-10T22:00", "2026-01-11T04:00"), planned("2026-02-14T00:00", "2026-02-20T00:00", {"reports"}),
      planned("2026-03-08T01:30", "2026-03-08T03:30"), planned("2026-06-30T18:00", "2026-07-02T06:00", {"database"}),
      planned("2026-11-01T00:30", "2026-11-01T01:30"), planned("2026-12-31T22:00", "2027-01-01T02:00")};
  return contract;
}

struct Target {
  std::string alertname;
  Labels labels;
  bool firing = false;
  WallTime starts;
};

std::vector<Target> twenty_targets() {
  std::vector<Target> targets;
  for (int i = 0; i < 20; ++i) {
    Labels labels{{"target", "t" + std::to_string(i)}, {"severity", i % 3 == 0 ? "severe" : "light"}};
    if (i < 8) labels["service"] = i % 2 == 0 ? "database" : "reports";
    if (i >= 8 && i < 14) labels["target"] = "shared" + std::to_string(i % 3);
    if (i % 5 == 0) labels["fault_class"] = "major";
    if (i == 19) labels["severity"] = "unheard of";
    targets.push_back({"Alert" + std::to_string(i), labels});
  }
  return targets;
}

std::string text_of(const Incident& incident) {
  std::string text;
  ValueWriter values(text);
  Record<Incident>::each(incident, values);
  return text;
}

/// But for news of alerts that joined: when people last heard such is not kept over a restart.
std::string text_of(const std::vector<Delivery>& messages) {
  std::string text;
  ValueWriter values(text);
  for (const Delivery& message : messages)
    if (message.purpose != Purpose::joined) Record<Delivery>::each(message, values);
  return text;
}

std::string text_of(const Counters& counters) {
  std::string text;
  for (const auto& [key, value] : counters) text += key.first + '{' + key.second + "} " + std::to_string(value) + '\n';
  return text;
}

/// What a store would hold.
struct Journal {
  std::map<std::int64_t, Incident> incidents;
  std::map<std::pair<std::string, WallTime>, AlertRecord> alerts;
  Counters counters;

  void commit(const Decisions& decided, const Casebook& casebook) {
    for (const std::int64_t id : decided.changed)
      if (const Incident* incident = casebook.find(id)) incidents[id] = *incident;
    for (const AlertRecord& alert : decided.alerts) alerts[{alert.fingerprint, alert.starts}] = alert;
    for (const auto& [key, value] : decided.counted) counters[key] = value;
  }
  static bool is_kept(const Incident& incident, const IncidentSetup& setup, WallTime now) {
    return incident.is_open() || now - *incident.closed < setup.reopen_within;
  }
  Casebook restored(const std::shared_ptr<const Contract>& contract, const IncidentSetup& setup, WallTime now) const {
    Casebook casebook(contract, setup, now);
    std::vector<Incident> wanted;
    std::set<std::int64_t> ids;
    for (const auto& [id, incident] : incidents)
      if (is_kept(incident, setup, now)) {
        wanted.push_back(incident);
        ids.insert(id);
      }
    // An alert whose last incident is forgotten is as good as new. A store may find it in one before that, if this one was
    // reopened since, and send it home there: nobody minds which, but the twins would differ.
    std::map<std::string, const AlertRecord*> last;
    const auto rank = [](const AlertRecord& alert) { return std::tie(alert.seen, alert.firing, alert.starts); };
    for (const auto& [key, alert] : alerts)
      if (const AlertRecord*& one = last[alert.fingerprint]; one == nullptr || rank(*one) < rank(alert)) one = &alert;
    std::vector<AlertRecord> theirs;
    for (const auto& [key, alert] : alerts)
      if (ids.contains(alert.incident) && ids.contains(last[alert.fingerprint]->incident)) theirs.push_back(alert);
    casebook.restore(std::move(wanted), theirs, incidents.empty() ? 1 : incidents.rbegin()->first + 1);
    return casebook;
  }
};

class Year {
 public:
  Year(const std::string& zone, const IncidentSetup& setup, unsigned seed)
      : random_(seed),
        setup_(setup),
        contract_(a_year_of(zone)),
        casebook_(contract_, setup, now_),
        twin_(contract_, setup, now_) {
    initialise(journal_.counters, *contract_);
  }

  void run() {
    const WallTime end = now_ + 365 * 24h;
    beat();
    while (now_ < end) {
      advance(now_ + a_while());
      for (int events = below(4); events > 0; --events) {
        now_ += 1ms;
        happens();
      }
      check_all();
    }
    CHECK(journal_.incidents.size() > 100);
    CHECK(restarts_ > 20);
  }

 private:
  int below(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most)); }
  bool once_in(int times) { return below(times) == 0; }
  Target& a_target() { return targets_[static_cast<std::size_t>(below(static_cast<int>(targets_.size())))]; }

  std::chrono::nanoseconds a_while() {
    const int kind = below(100);
    if (kind < 50) return std::chrono::seconds{1 + below(90)};
    if (kind < 80) return std::chrono::minutes{1 + below(90)};
    if (kind < 97) return std::chrono::hours{1 + below(12)};
    return std::chrono::hours{24 + below(72)};
  }

  /// As the engine does: whatever comes, what is due, and the commit; the restored twin beside it.
  template <class Step>
  void decide(const Step& step) {
    Counters counters = journal_.counters, of_twin = journal_.counters;
    if (once_in(500)) {  // the commit failed: nothing of it holds, and what was committed is loaded
      Decisions lost(counters);
      Casebook losing = journal_.restored(contract_, setup_, now_);
      step(losing, lost);
      losing.tick(now_, lost);
      restore(casebook_);
      counters = of_twin = journal_.counters;
    }
    Decisions out(counters), twins(of_twin);
    step(casebook_, out);
    casebook_.tick(now_, out);
    step(twin_, twins);
    twin_.tick(now_, twins);
    REQUIRE(casebook_.next_due() > now_);
    check_grown(out);
    check_pages(out);
    journal_.commit(out, casebook_);
    std::set<std::int64_t> changed = out.changed;
    changed.insert(twins.changed.begin(), twins.changed.end());
    for (const std::int64_t id : changed) {
      const Incident *mine = casebook_.find(id), *theirs = twin_.find(id);
      if (mine == nullptr || theirs == nullptr) {  // who was restored forgets it sooner
        for (const Incident* one : {mine, theirs}) REQUIRE((one == nullptr || !one->is_open()));
        continue;
      }
      REQUIRE(text_of(*mine) == text_of(*theirs));
      check_state(*mine);
    }
    REQUIRE(text_of(out.messages) == text_of(twins.messages));
    REQUIRE(text_of(out.counted) == text_of(twins.counted));
  }

  void receive(const ReceivedAlert& alert) {
    if (alert.label("alertname") != kWatchdog) {
      Said& said = said_[alert.fingerprint];
      if (alert.firing)
        said = {alert.starts, true};
      else if (said.firing && alert.starts >= said.starts)
        said.firing = false;
    }
    decide([&](Casebook& casebook, Decisions& out) {
      casebook.receive({.receiver = "notifier", .alerts = {alert}, .truncated = 0}, now_, out);
    });
  }
  void beat() {
    beaten_ = now_;
    ReceivedAlert alert;
    alert.fingerprint = "00000000000000aa";
    alert.firing = true;
    alert.labels["alertname"] = kWatchdog;
    receive(alert);
  }

  void advance(WallTime until) {
    while (now_ < until) {
      WallTime next = std::min(until, casebook_.next_due());
      if (!gap_) next = std::min(next, beaten_ + 30min);
      now_ = std::max(next, now_ + 1ns);
      if (!gap_ && now_ >= beaten_ + 30min)
        beat();
      else
        decide([](Casebook&, Decisions&) {});
    }
  }

  ReceivedAlert said_by(const Target& target, bool firing) const {
    ReceivedAlert alert;
    alert.fingerprint = CaseTest::fingerprint(target.alertname, target.labels);
    alert.firing = firing;
    alert.starts = target.starts;
    alert.ended = now_ - 3s;
    for (const auto& [name, value] : target.labels) alert.labels[name] = value;
    alert.labels["alertname"] = target.alertname;
    alert.annotations["summary"] = target.alertname;
    return alert;
  }
  void say(const ReceivedAlert& alert) {
    history_.push_back(alert);
    if (history_.size() > 30) history_.pop_front();
    receive(alert);
    if (once_in(3)) receive(alert);  // the other Alertmanager
  }

  void happens() {
    const int kind = below(100);
    if (kind < 55) return alert_moves(a_target());
    if (kind < 65)
      return history_.empty() ? void() : receive(history_[static_cast<std::size_t>(below(static_cast<int>(history_.size())))]);
    if (kind < 70) return repeat_all();
    if (kind < 90) return somebody_acts();
    if (kind < 93) return void(gap_ = !gap_);
    if (kind < 97) return restart();
    audit();
  }

  void alert_moves(Target& target) {
    if (target.firing) {
      target.firing = false;
      if (!once_in(10)) say(said_by(target, false));  // else: its end is never heard of
      return;
    }
    target.firing = true;
    target.starts = now_ - std::chrono::seconds{below(60)};
    say(said_by(target, true));
  }
  void repeat_all() {
    for (const Target& target : targets_)
      if (target.firing) receive(said_by(target, true));
  }

  void somebody_acts() {
    if (casebook_.incidents().empty()) return;
    auto incident = casebook_.incidents().begin();
    std::advance(incident, below(static_cast<int>(casebook_.incidents().size())));
    auto other = casebook_.incidents().begin();
    std::advance(other, below(static_cast<int>(casebook_.incidents().size())));
    constexpr std::array kPeople = {"zhang.wei", "wang.fang", "li.na", "root"};
    Action action{.kind = static_cast<ActionKind>(below(static_cast<int>(kActionNames.size()))),
                  .incident = incident->first,
                  .actor = kPeople[static_cast<std::size_t>(below(4))],
                  .channel = "page",
                  .note = once_in(3) ? "" : "a word on it",
                  .target = kPeople[static_cast<std::size_t>(below(4))]};
    if (action.kind == ActionKind::merge) action.target = other->second.number();
    decide([&](Casebook& casebook, Decisions& out) {
      const Status done = casebook.act(action, now_, out);
      if (!done) REQUIRE(out.changed.empty());
    });
  }

  /// A restored one takes the place of the twin, or the twin that of the one that went on.
  void restart() {
    ++restarts_;
    if (once_in(2)) std::swap(casebook_, twin_);
    restore(twin_);
  }
  /// A gap of the heartbeat that has not been seen yet would be seen later than without a restart: it ends here.
  void restore(Casebook& casebook) {
    // A false alarm of it whose time is over is forgotten by the restart, as the next tick would have forgotten it.
    const bool silent = casebook.heartbeat_silent() && std::ranges::any_of(journal_.incidents, [&](const auto& one) {
                          const Incident& kept = one.second;
                          return kept.key == kHeartbeatKey && kept.firing > 0 && Journal::is_kept(kept, setup_, now_);
                        });
    casebook = journal_.restored(contract_, setup_, now_);
    REQUIRE(casebook.heartbeat_silent() == silent);
    if (silent) return;
    gap_ = false;
    beat();
  }

  /// Alertmanager is asked what it has. What was "last said" is on disk to five minutes, so the twin begins anew.
  void audit() {
    const std::vector<std::string> asked = casebook_.overdue(now_);
    std::set<std::string> there;
    for (const Target& target : targets_)
      if (target.firing) there.insert(CaseTest::fingerprint(target.alertname, target.labels));
    for (const std::string& fingerprint : asked)
      if (!there.contains(fingerprint)) said_.at(fingerprint).firing = false;
    Counters counters = journal_.counters;
    Decisions out(counters);
    casebook_.audited(asked, there, now_, out);
    check_pages(out);
    journal_.commit(out, casebook_);
    restore(twin_);
  }

  void check_grown(const Decisions& out) const {
    for (const auto& [key, value] : out.counted) {
      const auto before = journal_.counters.find(key);
      REQUIRE(value >= (before == journal_.counters.end() ? 0 : before->second));
    }
  }

  void check_pages(const Decisions& out) {
    for (const Delivery& message : out.messages) {
      if (message.purpose != Purpose::page && message.purpose != Purpose::heartbeat) continue;
      const Incident& incident = *casebook_.find(message.incident);
      CAPTURE(incident.number(), incident.severity.text(), message.step, to_string(message.channel));
      REQUIRE(paged_
                  .insert({message.incident, incident.reopened, incident.severity.text(), message.step,
                           std::string(to_string(message.channel)) + message.person.text()})
                  .second);
    }
  }

  void check_state(const Incident& incident) const {
    CAPTURE(incident.number(), to_string(incident.state), to_string(incident.outcome), incident.firing, incident.reopened);
    REQUIRE(incident.is_open() == !incident.closed);
    REQUIRE(incident.is_open() == (incident.outcome == Outcome::open));
    REQUIRE((incident.merged_into != 0) == (incident.outcome == Outcome::merged));
    REQUIRE(incident.acknowledged.has_value() == !incident.acknowledged_by.empty());
    REQUIRE(incident.firing >= 0);
    REQUIRE(incident.began <= incident.received);
    switch (incident.state) {
      case State::closed:
        if (incident.outcome == Outcome::solved) REQUIRE((incident.resolved && incident.verified && incident.firing == 0));
        break;
      case State::verified: REQUIRE((incident.resolved && incident.verified && incident.firing == 0)); break;
      case State::resolved: REQUIRE((incident.resolved && !incident.verified)); break;
      default:
        REQUIRE((!incident.resolved && !incident.verified));
        REQUIRE(incident.state == state_of(incident));
        REQUIRE((incident.firing > 0 || incident.reopened > 0));  // reopened by hand it waits for a hand
    }
    REQUIRE(incident.rests.size() == static_cast<std::size_t>(incident.reopened));
    WallTime at = incident.began;
    for (const Span& rest : incident.rests) {
      REQUIRE((rest.from >= at && rest.to >= rest.from && rest.to <= now_));
      at = rest.to;
    }
  }

  /// Its first step is told as soon as telling is allowed.
  void check_told(const Incident& incident) const {
    if (incident.state >= State::resolved || !Clocks(incident, *contract_).counts(now_)) return;
    CAPTURE(incident.number(), incident.severity, incident.reopened);
    const auto first = paged_.lower_bound({incident.id, incident.reopened, incident.severity, 0, ""});
    REQUIRE(first != paged_.end());
    REQUIRE((std::get<0>(*first) == incident.id && std::get<1>(*first) == incident.reopened));
    REQUIRE(std::get<2>(*first) == incident.severity);
  }

  void check_all() {
    std::map<std::int64_t, int> firing;
    std::set<std::string> keys, there, hushed;
    for (const auto& [key, alert] : journal_.alerts) {
      if (!alert.firing) continue;
      CAPTURE(alert.alertname, alert.incident);
      const Incident* incident = casebook_.find(alert.incident);
      if (incident == nullptr || !incident->is_open())
        REQUIRE(journal_.incidents.at(alert.incident).outcome == Outcome::false_alarm);
      if (incident == nullptr) {  // a false alarm that has been forgotten with its alerts
        hushed.insert(alert.fingerprint);
        continue;
      }
      REQUIRE(there.insert(alert.fingerprint).second);  // of one incident, with one beginning
      REQUIRE(said_.at(alert.fingerprint).firing);
      ++firing[alert.incident];
    }
    for (const auto& [fingerprint, said] : said_)
      if (said.firing) REQUIRE((there.contains(fingerprint) || hushed.contains(fingerprint)));
    int of_heartbeat = 0;
    for (const auto& [id, incident] : casebook_.incidents()) {
      if (incident.key == kHeartbeatKey)
        of_heartbeat += incident.firing;
      else
        REQUIRE(incident.firing == firing[id]);
      if (incident.is_open()) REQUIRE(keys.insert(incident.key).second);
      if (!incident.is_open()) REQUIRE(now_ - *incident.closed <= setup_.reopen_within + 1s);
      check_told(incident);
    }
    REQUIRE(of_heartbeat == (casebook_.heartbeat_silent() ? 1 : 0));
    for (auto closed = journal_.incidents.rbegin(); closed != journal_.incidents.rend(); ++closed)
      if (closed->second.is_open()) REQUIRE(casebook_.find(closed->first) != nullptr);
    double opened = 0;
    for (const Counted& one : read_counter(journal_.counters, counted::kOpened)) opened += one.value;
    REQUIRE(opened == static_cast<double>(journal_.incidents.size()));
  }

  struct Said {
    WallTime starts;
    bool firing = false;
  };
  std::mt19937 random_;
  IncidentSetup setup_;
  std::shared_ptr<const Contract> contract_;
  WallTime now_ = *parse_instant("2026-01-01T00:00:00Z");
  Casebook casebook_, twin_;  // the twin was restored from what was committed, some time ago
  Journal journal_;
  std::vector<Target> targets_ = twenty_targets();
  std::map<std::string, Said> said_;
  std::deque<ReceivedAlert> history_;
  std::set<std::tuple<std::int64_t, int, std::string, int, std::string>> paged_;
  WallTime beaten_;
  bool gap_ = false;
  int restarts_ = 0;
};

}  // namespace

TEST_CASE("casebook: a year at random") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  SECTION("in Shanghai") { Year("Asia/Shanghai", {}, seed).run(); }
  SECTION("in New York, where clocks change") { Year("America/New_York", {}, seed).run(); }
  SECTION("verified by hand") { Year("Asia/Shanghai", {.verify_by_hand = true}, seed).run(); }
  SECTION("without patience") {
    Year("America/New_York", {.hold_down = 0s, .reopen_within = 1min, .close_after = 1min}, seed).run();
  }
}
