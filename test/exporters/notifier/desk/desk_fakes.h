// A journal in memory and an engine that writes down what it is asked: what the desk is tested against.
//
//   auto journal = std::make_shared<FakeJournal>();
//   FakeEngine engine(setup, journal);
//   auto desk = Desk::open(engine, [&] { return open_fake(journal); }, env);
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "notifier/engine/engine.h"
#include "notifier/store/store.h"

namespace finwatch::notifier::desk_test {

struct FakeJournal {
  std::mutex mutex;
  std::vector<Incident> incidents;
  std::vector<AlertRecord> alerts;
  std::vector<TimelineEntry> timeline;
  std::vector<Delivery> deliveries;
  Status answers = ok();  // an error: what every query comes back with

  Incident* find(std::int64_t id) {
    const auto found = std::find_if(incidents.begin(), incidents.end(), [&](const Incident& each) { return each.id == id; });
    return found == incidents.end() ? nullptr : &*found;
  }
};

class FakeStore final : public Store {
 public:
  explicit FakeStore(std::shared_ptr<FakeJournal> journal) : journal_(std::move(journal)) {}

  Status commit(const Changes&) override { return {Errc::permission, "reads only"}; }
  Result<Saved> load(WallTime, WallTime) override { return Error{Errc::permission, "reads only"}; }
  Status post(std::string_view, std::string_view, WallTime) override { return {Errc::permission, "reads only"}; }
  Result<std::vector<Posted>> posted(int) override { return std::vector<Posted>{}; }
  Result<bool> lead(std::chrono::milliseconds) override { return false; }
  Status resign() override { return ok(); }
  Result<std::string> leader() override { return std::string(); }

  Result<std::vector<Incident>> incidents(const IncidentQuery& query) override {
    return newest<Incident>(journal_->incidents, query.most, query.before, [&](const Incident& each) {
      const auto any_or = [](const std::string& wanted, const std::string& is) { return wanted.empty() || wanted == is; };
      const std::string all = each.title.zh + each.title.en + each.key + each.alertname.text() + each.number();
      return (!query.open || *query.open == each.is_open()) && any_or(query.service, each.service) &&
             any_or(query.fault_class, each.fault_class) && any_or(query.severity, each.severity) &&
             (!query.began_from || each.began >= *query.began_from) && (!query.began_to || each.began < *query.began_to) &&
             all.find(query.search) != std::string::npos;
    });
  }
  Result<std::optional<Incident>> incident(std::int64_t id) override {
    const std::lock_guard lock(journal_->mutex);
    if (!journal_->answers) return journal_->answers.error();
    const Incident* found = journal_->find(id);
    return found == nullptr ? std::optional<Incident>() : std::optional<Incident>(*found);
  }
  Result<std::vector<AlertRecord>> alerts(std::int64_t incident, int most) override {
    return of_incident(journal_->alerts, incident, most);
  }
  Result<std::vector<TimelineEntry>> timeline(std::int64_t incident, int most) override {
    auto found = of_incident(journal_->timeline, incident, most);
    if (found) std::reverse(found->begin(), found->end());  // the newest first
    return found;
  }
  Result<std::vector<Delivery>> deliveries(const DeliveryQuery& query) override {
    return newest<Delivery>(journal_->deliveries, query.most, query.before, [&](const Delivery& each) {
      return (query.incident == 0 || query.incident == each.incident) && (!query.state || *query.state == each.state) &&
             (!query.channel || *query.channel == each.channel);
    });
  }
  Result<StoreSize> size() override { return StoreSize{}; }
  Result<int> remove_closed(WallTime, int, const std::function<Status(std::string_view)>&) override { return 0; }

 private:
  template <class Row, class Fits>
  Result<std::vector<Row>> newest(const std::vector<Row>& rows, int most, std::int64_t before, Fits fits) {
    const std::lock_guard lock(journal_->mutex);
    if (!journal_->answers) return journal_->answers.error();
    std::vector<Row> found;
    for (const Row& row : rows)
      if ((before == 0 || row.id < before) && fits(row)) found.push_back(row);
    std::sort(found.begin(), found.end(), [](const Row& a, const Row& b) { return a.id > b.id; });
    if (found.size() > static_cast<std::size_t>(most)) found.erase(found.begin() + most, found.end());
    return found;
  }
  template <class Row>
  Result<std::vector<Row>> of_incident(const std::vector<Row>& rows, std::int64_t incident, int most) {
    const std::lock_guard lock(journal_->mutex);
    if (!journal_->answers) return journal_->answers.error();
    std::vector<Row> found;
    for (const Row& row : rows)
      if (row.incident == incident && found.size() < static_cast<std::size_t>(most)) found.push_back(row);
    return found;
  }

  std::shared_ptr<FakeJournal> journal_;
};

inline Result<std::unique_ptr<Store>> open_fake(const std::shared_ptr<FakeJournal>& journal) {
  return std::unique_ptr<Store>(std::make_unique<FakeStore>(journal));
}

/// Answers from a thread of its own, as the real one does, and carries out the plainest of actions.
class FakeEngine final : public Engine {
 public:
  FakeEngine(std::shared_ptr<const Setup> setup, std::shared_ptr<FakeJournal> journal, const Clock& clock)
      : setup_(std::move(setup)), journal_(std::move(journal)), clock_(clock) {}

  void webhook(std::string body, Done done) override {
    const std::lock_guard lock(mutex_);
    webhooks.push_back(std::move(body));
    std::thread([done = std::move(done), status = says] { done(status); }).join();
  }
  void turned_away() override { ++away; }
  void act(Action action, Done done) override {
    const std::lock_guard lock(mutex_);
    if (says) carry_out(action);
    actions.push_back(std::move(action));
    std::thread([done = std::move(done), status = says] { done(status); }).join();
  }
  Status apply(std::shared_ptr<const Setup> setup) override {
    const std::lock_guard lock(mutex_);
    setup_ = std::move(setup);
    return ok();
  }
  std::shared_ptr<const Setup> setup() const override {
    const std::lock_guard lock(mutex_);
    return setup_;
  }
  Figures figures() const override {
    Figures figures;
    figures.leads = leads;
    figures.leader = leader;
    return figures;
  }
  void stop() override {}

  Status says = ok();
  bool leads = true;
  std::string leader;
  std::vector<Action> actions;
  std::atomic<int> away{0};
  std::vector<std::string> webhooks;

 private:
  void carry_out(const Action& action) {
    const std::lock_guard lock(journal_->mutex);
    Incident* incident = journal_->find(action.incident);
    if (incident == nullptr) return;
    if (action.kind == ActionKind::acknowledge) {
      incident->state = State::acknowledged;
      incident->acknowledged = clock_.wall();
      incident->acknowledged_by = action.actor;
    }
    if (action.kind == ActionKind::diagnose) {
      incident->state = State::diagnosed;
      incident->diagnosed = clock_.wall();
      incident->diagnosis = action.note;
    }
    journal_->timeline.push_back(
        {.sequence = static_cast<std::int64_t>(journal_->timeline.size() + 1),
         .incident = action.incident,
         .at = clock_.wall(),
         .kind = incident->state >= State::acknowledged ? std::string(to_string(incident->state)) : "note",
         .actor = action.actor,
         .channel = action.channel,
         .note = action.note});
  }

  mutable std::mutex mutex_;
  std::shared_ptr<const Setup> setup_;
  std::shared_ptr<FakeJournal> journal_;
  const Clock& clock_;
};

}  // namespace finwatch::notifier::desk_test
