#include "run/runner.h"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "run/convoy.h"
#include "run/gzip.h"

namespace finwatch {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds kWayBack{250};  // from the runner to the scraper
constexpr std::size_t kKeptPages = 4;
constexpr std::size_t kLargestKept = std::size_t{1} << 20;
constexpr std::size_t kMostSamplesKept = std::size_t{4} << 20;

constexpr MetricDesc kSuccess{MetricType::gauge, "*_scrape_collector_success",
                              "Whether the families of the collector are on this page.", "collector"};
constexpr MetricDesc kDuration{MetricType::gauge, "*_scrape_collector_duration_seconds",
                               "How long the collector took, or has been running, in seconds.", "collector"};
constexpr MetricDesc kSupported{MetricType::gauge, "finwatch_collector_supported",
                                "Whether the source that the collector reads is on this machine.", "collector"};
constexpr MetricDesc kFailed{MetricType::gauge, "finwatch_collector_failed",
                             "Collectors that are supported and missing from this page, and why.", "collector", "reason"};
constexpr MetricDesc kFailures{MetricType::counter, "finwatch_collector_failures_total",
                               "How often a supported collector was missing from a page, by reason.", "collector", "reason"};
constexpr MetricDesc kStuck{MetricType::gauge, "finwatch_collector_stuck_threads",
                            "Threads that wait for a collector which does not return."};
constexpr MetricRef kMetrics[] = {kSuccess, kDuration, kSupported, kFailed, kFailures, kStuck};

std::int64_t ticks(SteadyTime time) { return time.time_since_epoch().count(); }
double seconds(std::int64_t nanos) { return static_cast<double>(nanos) / 1e9; }

// A page on its way to those who want it packed, as text, or both.
class Pieces final : public PageTaker {
 public:
  Pieces(Gzip* gzip, Buffer* text) : gzip_(gzip), text_(text) {}
  bool nobody() const { return gzip_ == nullptr && text_ == nullptr; }
  std::size_t length() const { return length_; }
  void append(std::string_view piece) override {
    length_ += piece.size();
    if (gzip_ != nullptr) gzip_->add(piece);
    if (text_ != nullptr) text_->append(piece);
  }

 private:
  Gzip* gzip_;
  Buffer* text_;
  std::size_t length_ = 0;
};

}  // namespace

// One collector, what it wrote, and how it went.
struct Runner::Slot final : Convoy::Item {
  const CollectorInfo* info = nullptr;
  std::unique_ptr<Collector> collector;
  bool always = false;

  Scrape scrape;    // set before a run begins it
  MetricSink sink;  // these three belong to work() while the item is busy
  Status status = Errc::no_data;
  std::int64_t took = 0;  // nanoseconds
  std::atomic<std::int64_t> began{0};

  std::array<std::uint64_t, kErrcCount> failures{};  // these belong to who ends the run
  Errc said = Errc::no_data;                         // the last reason that was logged
  bool well = true;

  // The collector of the same name before a reload: while it hangs, a second one would hang beside it, one more each reload.
  std::shared_ptr<Slot> predecessor;
  bool held = false;  // in this run, for that reason

  std::string_view name() const { return info->name; }
  bool done() const { return !held && outcome() == Convoy::Outcome::done; }
  bool was_never_begun() const { return began.load(std::memory_order_relaxed) == 0; }
  std::int64_t running_since() const { return held ? predecessor->running_since() : began.load(std::memory_order_relaxed); }
  bool must_wait() {
    if (predecessor && !predecessor->running.load(std::memory_order_acquire)) predecessor.reset();
    return predecessor != nullptr;
  }
  void follow(std::shared_ptr<Slot> old) {
    failures = old->failures;
    while (old->predecessor && old->was_never_begun()) old = old->predecessor;
    predecessor = std::move(old);
  }
  void prepare(const Scrape& next) {
    // Nobody may write to a slot whose work() is still going on: convoy says so only after the run.
    if (running.load(std::memory_order_acquire)) return;
    scrape = next;
  }
  std::atomic<bool> running{false};

 private:
  void work() noexcept override {
    running.store(true, std::memory_order_relaxed);
    const SteadyTime start = std::chrono::steady_clock::now();
    began.store(ticks(start), std::memory_order_relaxed);
    sink.clear();
    try {
      status = collector->collect(scrape, sink);
    } catch (const std::exception& problem) {
      status = {Errc::internal, problem.what()};
    } catch (...) {
      status = {Errc::internal, "an exception of no known type"};
    }
    if (!status) sink.clear();
    took = ticks(std::chrono::steady_clock::now()) - ticks(start);
    running.store(false, std::memory_order_release);
  }
};

struct Runner::Body final : Convoy::Arrival {
  using Slots = std::vector<std::shared_ptr<Slot>>;

  Options options;
  Log& log;
  Convoy convoy;
  Gzip gzip;
  std::string success_name;
  std::string duration_name;

  std::mutex mutex;
  std::condition_variable became_idle;
  std::shared_ptr<const Slots> slots = std::make_shared<Slots>();
  std::uint64_t generation = 0;
  Waiter* first = nullptr;  // who waits, in the order they came
  Waiter* last = nullptr;
  bool running = false;
  Selection running_selection;
  std::uint64_t run_number = 0;  // of the convoy's run that is going on or about to begin
  bool stopping = false;

  // Of the run that is going on: touched by who begins it and by who ends it.
  std::uint64_t scrape_number = 0;
  SteadyTime deadline;
  std::vector<std::shared_ptr<Slot>> wanted;
  std::vector<std::shared_ptr<Convoy::Item>> items;
  MetricSink meta;
  std::vector<std::shared_ptr<Page>> pages;

  Body(Options o, const Env& env)
      : options(std::move(o)),
        log(*env.log),
        success_name(options.name_prefix + "_scrape_collector_success"),
        duration_name(options.name_prefix + "_scrape_collector_duration_seconds") {}

  void go_on();
  bool set_off();
  void arrived() noexcept override;
  void conclude();
  Waiter* take(const Selection& selection);
  void judge(Slot& slot);
  void write_meta();
  PageRef render(const std::array<bool, 4>& shapes, bool& is_large);
  const std::shared_ptr<Page>& free_page();
};

Runner::Runner(Options options, const Env& env) : body_(std::make_unique<Body>(std::move(options), env)) {}

Runner::~Runner() {
  std::unique_lock lock(body_->mutex);
  body_->stopping = true;
  if (body_->running) body_->convoy.shorten(body_->run_number, SteadyTime{});
  body_->became_idle.wait(lock, [&] { return !body_->running; });
}

void Runner::replace(std::vector<RunnerEntry> entries) {
  auto slots = std::make_shared<Body::Slots>();
  slots->reserve(entries.size());
  for (RunnerEntry& entry : entries) {
    auto slot = std::make_shared<Slot>();
    slot->info = entry.info;
    slot->collector = std::move(entry.collector);
    slot->always = entry.always;
    slots->push_back(std::move(slot));
  }
  const std::lock_guard lock(body_->mutex);
  for (const auto& slot : *slots)  // counters go on counting over a reload
    for (const auto& old : *body_->slots)
      if (old->name() == slot->name()) slot->follow(old);
  body_->slots = std::move(slots);
  ++body_->generation;
}

Result<Selection> Runner::select(std::span<const std::string_view> collect, std::span<const std::string_view> exclude) const {
  if (!collect.empty() && !exclude.empty())
    return {Errc::config, "collect[] and exclude[] exclude each other: give one of them"};
  const std::lock_guard lock(body_->mutex);
  if (collect.empty() && exclude.empty()) return Selection{};
  Selection selection{.all = false, .generation = body_->generation, .places = {}};
  const Body::Slots& slots = *body_->slots;
  for (const std::string_view name : collect.empty() ? exclude : collect) {
    const auto found = std::find_if(slots.begin(), slots.end(), [&](const auto& slot) { return slot->name() == name; });
    if (found == slots.end() || (*found)->always)
      return {Errc::config, "no collector '" + std::string(name) + "' is switched on here"};
    selection.places.set(static_cast<std::size_t>(found - slots.begin()));
  }
  if (collect.empty()) selection.places.flip();
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i]->always) selection.places.set(i);
  return selection;
}

void Runner::scrape(const Request& request, Waiter& waiter) {
  waiter.request_ = request;
  waiter.next_ = nullptr;
  {
    const std::lock_guard lock(body_->mutex);
    (body_->last != nullptr ? body_->last->next_ : body_->first) = &waiter;
    body_->last = &waiter;
    if (body_->running) {
      if (body_->running_selection == request.selection) body_->convoy.shorten(body_->run_number, request.deadline);
      return;
    }
    body_->running = true;
  }
  body_->go_on();
}

std::string Runner::scrape_now(PageShape shape, std::span<const std::string_view> collect) {
  struct Now final : Waiter {
    std::mutex mutex;
    std::condition_variable ready;
    PageRef page;
    void page_ready(PageRef made) noexcept override {
      const std::lock_guard lock(mutex);
      page = std::move(made);
      ready.notify_one();
    }
  } waiter;
  const Result<Selection> selection = select(collect, {});
  if (!selection) return {};
  scrape({.selection = *selection, .deadline = deadline(0), .shape = shape}, waiter);
  std::unique_lock lock(waiter.mutex);
  waiter.ready.wait(lock, [&] { return static_cast<bool>(waiter.page); });
  return std::string(waiter.page->body(shape));
}

SteadyTime Runner::deadline(double scraper_timeout_seconds) const {
  nanoseconds budget = body_->options.timeout;
  if (scraper_timeout_seconds > 0) {
    const nanoseconds offered{static_cast<std::int64_t>(std::min(scraper_timeout_seconds, 3600.0) * 1e9)};
    budget = std::min(budget, std::max<nanoseconds>(offered - kWayBack, offered / 2));
  }
  return std::chrono::steady_clock::now() + std::chrono::duration_cast<SteadyTime::duration>(budget);
}

std::size_t Runner::stuck_threads() const { return body_->convoy.stuck_threads(); }

std::span<const MetricRef> Runner::metrics() { return kMetrics; }

// Begins the next run, or rests when nobody waits. Called by who set `running`, and at the end of a run.
void Runner::Body::go_on() {
  while (set_off()) {
    if (convoy.start(items, deadline, options.patience, *this)) return;  // arrived() goes on
    conclude();                                                          // all are busy: the page says so
  }
}

bool Runner::Body::set_off() {
  const std::lock_guard lock(mutex);
  if (first == nullptr) {
    running = false;
    became_idle.notify_all();
    return false;
  }
  running_selection = first->request_.selection;
  deadline = first->request_.deadline;
  for (const Waiter* waiter = first; waiter != nullptr; waiter = waiter->next_)
    if (waiter->request_.selection == running_selection) deadline = std::min(deadline, waiter->request_.deadline);
  if (stopping) deadline = SteadyTime{};
  run_number = convoy.next_run();
  // A selection made before a reload names places of another set: such a scraper gets everything, once.
  const bool everything = running_selection.all || running_selection.generation != generation;
  const Scrape scrape{.deadline = deadline, .number = ++scrape_number};
  wanted.clear();
  items.clear();
  for (std::size_t i = 0; i < slots->size(); ++i) {
    const std::shared_ptr<Slot>& slot = (*slots)[i];
    if (!everything && !running_selection.places[i]) continue;
    slot->held = slot->must_wait();
    slot->prepare(scrape);
    wanted.push_back(slot);
    if (!slot->held) items.push_back(slot);
  }
  return true;
}

void Runner::Body::arrived() noexcept {
  conclude();
  go_on();
}

// Makes the page of the run that is over and hands it to all who wait for it, also those who came meanwhile.
void Runner::Body::conclude() {
  for (const auto& slot : wanted) judge(*slot);
  write_meta();
  Waiter* answered = nullptr;
  {
    const std::lock_guard lock(mutex);
    answered = take(running_selection);
    running_selection = {.all = false, .generation = ~std::uint64_t{0}, .places = {}};  // who comes now waits for the next
  }
  std::array<bool, 4> shapes{};
  for (const Waiter* waiter = answered; waiter != nullptr; waiter = waiter->next_)
    shapes[waiter->request_.shape.index()] = true;
  bool is_large = false;
  PageRef page = render(shapes, is_large);
  while (answered != nullptr) {
    Waiter* next = answered->next_;  // page_ready may end the waiter's life
    answered->page_ready(page);
    answered = next;
  }
  if (!is_large) return;
  page = {};
  ::malloc_trim(0);
}

// Takes out of the queue all who wait for this selection.
Runner::Waiter* Runner::Body::take(const Selection& selection) {
  Waiter* taken = nullptr;
  Waiter** taken_end = &taken;
  Waiter** link = &first;
  last = nullptr;
  while (*link != nullptr) {
    Waiter* waiter = *link;
    if (waiter->request_.selection == selection) {
      *link = waiter->next_;
      waiter->next_ = nullptr;
      *taken_end = waiter;
      taken_end = &waiter->next_;
    } else {
      last = waiter;
      link = &waiter->next_;
    }
  }
  return taken;
}

// Counts a failure, and says so in the log when it is news.
void Runner::Body::judge(Slot& slot) {
  const bool done = slot.done();
  const Errc reason = done ? (slot.status ? Errc::no_data : slot.status.error().code) : Errc::timeout;
  const bool well = done && (slot.status || reason == Errc::no_data);
  if (!well) ++slot.failures[static_cast<std::size_t>(reason)];
  const bool news = well != slot.well || (!well && reason != slot.said);
  slot.well = well;
  slot.said = reason;
  if (!news) return;
  if (well)
    log.info("collector recovered", {{"collector", slot.name()}});
  else
    log.warn("collector failed", {{"collector", slot.name()},
                                  {"reason", to_string(reason)},
                                  {"error", done ? std::string_view(slot.status.error().message) : "still running"}});
}

void Runner::Body::write_meta() {
  const std::int64_t now = ticks(std::chrono::steady_clock::now());
  meta.clear();
  auto success = meta.family(kSuccess, success_name);
  for (const auto& slot : wanted)
    if (!slot->always) success.add(slot->done() && slot->status, slot->name());
  auto duration = meta.family(kDuration, duration_name);
  for (const auto& slot : wanted) {
    if (slot->always) continue;
    const std::int64_t began = slot->running_since();
    duration.add(seconds(slot->done() ? slot->took : began == 0 ? 0 : now - began), slot->name());
  }
  auto supported = meta.family(kSupported);
  for (const auto& slot : wanted) {
    if (slot->always) continue;
    const bool absent = slot->done() && !slot->status && slot->said == Errc::no_data;
    supported.add(!absent, slot->name());
  }
  auto failed = meta.family(kFailed);
  for (const auto& slot : wanted)
    if (!slot->well) failed.add(true, slot->name(), to_string(slot->said));
  auto failures = meta.family(kFailures);
  for (const auto& slot : wanted)
    for (std::size_t reason = 0; reason < slot->failures.size(); ++reason)
      if (slot->failures[reason] > 0) failures.add(slot->failures[reason], slot->name(), to_string(static_cast<Errc>(reason)));
  meta.add(kStuck, convoy.stuck_threads());
}

// What a scraper takes as gzip alone never stands anywhere as text.
PageRef Runner::Body::render(const std::array<bool, 4>& shapes, bool& is_large) {
  const std::shared_ptr<Page> page = free_page();
  std::size_t longest = 0;
  for (const Format format : {Format::text, Format::open_metrics}) {
    const PageShape plain{format, Encoding::identity};
    const PageShape packed{format, Encoding::gzip};
    Buffer& text = page->bodies_[plain.index()];
    Buffer& small = page->bodies_[packed.index()];
    text.clear();
    small.clear();
    const bool packs = shapes[packed.index()] && gzip.begin(small);
    Pieces pieces(packs ? &gzip : nullptr, shapes[plain.index()] || (shapes[packed.index()] && !packs) ? &text : nullptr);
    if (pieces.nobody()) continue;
    for (const auto& slot : wanted)
      if (slot->done()) write_page(slot->sink, format, pieces);
    write_page(meta, format, pieces);
    pieces.append(end_of_page(format));
    if (packs) gzip.end();
    longest = std::max(longest, pieces.length());
  }
  is_large = longest >= kLargestKept;
  // Megabytes are not worth keeping until the next scrape: such a page goes with its last reader.
  const bool holds_much = std::any_of(std::begin(page->bodies_), std::end(page->bodies_),
                                      [](const Buffer& body) { return body.capacity() >= kLargestKept; });
  if (holds_much) std::erase(pages, page);
  for (const auto& slot : wanted) {
    if (!slot->done()) continue;
    // A collector writes into the memory of its last run: to have it anew from the kernel, page by page, costs more than the writing.
    const bool is_kept = slot->sink.samples().size() < kMostSamplesKept;
    slot->sink.clear();  // what it borrowed goes back to the lender
    if (!is_kept) slot->sink.shrink();
  }
  return PageRef(page);
}

const std::shared_ptr<Page>& Runner::Body::free_page() {
  const auto is_free = [](const std::shared_ptr<Page>& page) { return page->readers_.load(std::memory_order_acquire) == 0; };
  if (pages.size() > kKeptPages) {  // a burst of slow readers is over: give the memory back
    const auto spare = std::find_if(pages.begin(), pages.end(), is_free);
    if (spare != pages.end()) pages.erase(spare);
  }
  const auto found = std::find_if(pages.begin(), pages.end(), is_free);
  if (found != pages.end()) return *found;
  pages.push_back(std::make_shared<Page>());
  return pages.back();
}

}  // namespace finwatch
