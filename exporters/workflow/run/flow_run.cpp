#include "workflow/run/flow_run.h"

#include <algorithm>
#include <map>
#include <utility>

#include "workflow/run/step_run.h"

namespace finwatch::workflow {
namespace {

std::string random_hex(Random& random, std::size_t bytes) {
  std::string raw(bytes, '\0');
  random.fill({reinterpret_cast<unsigned char*>(raw.data()), raw.size()});
  return to_hex(raw);
}

// The server said no, so nothing was made.
bool is_answer(Reason reason) {
  switch (reason) {
    case Reason::timeout:
    case Reason::dns:
    case Reason::connect:
    case Reason::tls:
    case Reason::unavailable:
    case Reason::cleanup:
    case Reason::overrun:
    case Reason::internal: return false;
    default: return true;
  }
}

}  // namespace

std::string make_run_id(WallTime now, Random& random) {
  return *format_time("%Y%m%d-%H%M%S", now, std::chrono::seconds{0}) + '-' + random_hex(random, 4);
}
std::string make_trace_id(Random& random) { return random_hex(random, 16); }

void begin_variables(const Flow& flow, const std::string& run_id, const std::string& trace_id, Variables& variables) {
  static const Value none_left = Value::of_list({});
  for (const auto& [place, value] : flow.givens) variables.set(place, value);
  variables.set(flow.run_id, Value::of_text(run_id));
  variables.set(flow.tag, Value::of_text(std::string(kTag) + ' ' + flow.name));
  variables.set(flow.trace_id, Value::of_text(trace_id));
  variables.set(flow.leftover, none_left);
}

class FlowRun::Body {
 public:
  Body(const Machines& machines, std::shared_ptr<const Flow> flow)
      : machines_(machines),
        flow_(std::move(flow)),
        run_id_(make_run_id(machines.loop.wall_now(), *flow_->scope->context().random)),
        trace_id_(make_trace_id(*flow_->scope->context().random)),
        variables_(*flow_->scope),
        conversation_{*flow_, variables_, cookies_, run_id_, trace_id_},
        step_run_(machines) {}

  void start(Session& session, bool tested, Callback callback) {
    session_ = &session;
    tested_ = tested;
    callback_ = std::move(callback);
    report_ = std::make_shared<RunReport>();
    report_->flow = flow_;
    report_->run_id = run_id_;
    report_->trace_id = trace_id_;
    report_->started = machines_.loop.wall_now();
    report_->success = true;
    begun_ = machines_.loop.now();
    deadline_ = begun_ + std::chrono::duration_cast<SteadyTime::duration>(flow_->total);
    begin_variables(*flow_, run_id_, trace_id_, variables_);
    if (machines_.journal != nullptr) {
      std::vector<std::string> ids;
      for (const Leftover& each : machines_.journal->leftovers(flow_->name))
        if (!each.id.empty()) ids.push_back(each.id);
      if (!ids.empty()) variables_.set(flow_->leftover, Value::of_list(ids));
    }
    take_session();
    enter(Section::login);
  }
  void stop() {
    stopped_ = true;
    if (section_ < Section::finally) step_run_.cancel();
  }

 private:
  // --- the session -------------------------------------------------------------------------------------------------------------------

  void take_session() {
    report_->session_reused = session_->kept && machines_.loop.now() < session_->until;
    if (!report_->session_reused) return;
    cookies_ = session_->cookies;
    for (const auto& [place, value] : session_->values) variables_.set(place, value);
  }
  void keep_session() {
    if (!session_->may_be_kept || flow_->keep_session <= std::chrono::nanoseconds{0} || flow_->login.empty()) return;
    session_->drop();
    session_->kept = true;
    session_->until = machines_.loop.now() + std::chrono::duration_cast<SteadyTime::duration>(flow_->keep_session);
    session_->cookies = cookies_;
    for (const Step& step : flow_->login) {
      for (const Extraction& each : step.extract) session_->values.emplace_back(each.place, variables_.get(each.place));
      for (const Setting& each : step.set) session_->values.emplace_back(each.place, variables_.get(each.place));
    }
  }
  // The server has forgotten the session, and nothing was done in it yet: once more, from the login.
  bool begin_anew(const StepReport& failed) {
    if (!report_->session_reused || failed.reason != Reason::authentication || wrote_ || section_ > Section::steps)
      return false;
    session_->drop();
    report_->session_reused = false;
    report_->steps.clear();
    cookies_.clear();
    enter(Section::login);
    return true;
  }

  // --- the walk ----------------------------------------------------------------------------------------------------------------------

  void enter(Section section) {
    section_ = section;
    at_ = 0;
    if (section == Section::steps) steps_begun_ = machines_.loop.now();
    if (section == Section::finally) {
      if (steps_begun_ != SteadyTime{}) report_->duration = machines_.loop.now() - steps_begun_;
      deadline_ = machines_.loop.now() + std::chrono::duration_cast<SteadyTime::duration>(flow_->cleanup);
    }
    next();
  }
  bool is_left_out(Section section) const {
    switch (section) {
      case Section::login: return report_->session_reused;
      case Section::finally: return steps_begun_ == SteadyTime{};  // nothing can have been made
      case Section::logout: return session_->kept || !logged_in_;
      default: return false;
    }
  }
  void next() {
    for (;;) {
      const std::vector<Step>& steps = flow_->part(section_);
      if (at_ < steps.size() && !is_left_out(section_)) break;
      if (section_ == Section::logout) return end();
      leave();
      section_ = static_cast<Section>(static_cast<unsigned char>(section_) + 1);
      return enter(section_);
    }
    const Step& step = flow_->part(section_)[at_++];
    if (section_ < Section::finally && (step.effect == Effect::create || step.effect == Effect::change)) wrote_ = true;
    step_run_.start(conversation_, step, section_, begun_, deadline_, [this](StepReport&& report) { take(std::move(report)); });
  }
  void leave() {
    if (section_ == Section::login && !report_->session_reused) {
      logged_in_ = !flow_->login.empty();
      keep_session();
    }
    if (section_ == Section::sweep && machines_.journal != nullptr && !flow_->sweep.empty())
      machines_.journal->swept(flow_->name, run_id_);
    if (section_ == Section::finally) settle_refused();
  }

  void take(StepReport&& report) {
    const Step& step = *report.step;
    if (report.result == StepResult::ok) note_success(step);
    const bool failed = report.result == StepResult::failed;
    if (failed && step.effect == Effect::create) refused_[step.record] = is_answer(report.reason);
    if (failed && step.effect == Effect::remove) refused_[step.record] = false;
    if (failed && begin_anew(report)) return;
    if (failed && step.self_test && !tested_ && (report.reason == Reason::status || report.reason == Reason::assertion)) {
      report_->unsupported = true;
      report_->success = false;
      report_->message = report.message;
      report_->steps.push_back(std::move(report));
      return end();
    }
    if (failed) note_failure(report);
    report_->steps.push_back(std::move(report));
    if (failed && section_ < Section::finally) {
      skip_rest();
      return enter(Section::finally);
    }
    next();
  }
  void note_success(const Step& step) {
    if (step.effect == Effect::create) {
      ++report_->created;
      refused_[step.record] = false;
    }
    if (step.effect == Effect::remove && section_ != Section::sweep) {
      ++report_->removed;
      refused_[step.record] = false;
    }
  }
  void note_failure(const StepReport& report) {
    if (report.reason == Reason::authentication) session_->drop();
    if (!report_->success) return;  // the first one is told
    report_->success = false;
    report_->reason = section_ >= Section::finally ? Reason::cleanup : report.reason;
    if (stopped_) report_->reason = Reason::internal;
    report_->message = report.step->id + ": " + report.message;
  }
  void skip_rest() {
    const std::vector<Step>& steps = flow_->part(section_);
    for (; at_ < steps.size(); ++at_) {
      StepReport skipped;
      skipped.step = &steps[at_];
      skipped.section = section_;
      skipped.result = StepResult::skipped;
      skipped.begun = machines_.loop.now() - begun_;
      skipped.message = "a step before it failed";
      report_->steps.push_back(std::move(skipped));
    }
  }
  // What the server refused to make needs no removing.
  void settle_refused() {
    if (machines_.journal == nullptr) return;
    for (const auto& [record, refused] : refused_)
      if (refused) machines_.journal->withdraw(flow_->name, run_id_, record);
  }
  void end() {
    if (flow_->release) {
      std::string release;
      if (flow_->release->render(variables_, Escape::none, release))
        report_->release = variables_.masker().excerpt(release, 64);
    }
    const Callback tell = std::exchange(callback_, nullptr);
    tell(std::move(report_));  // may destroy this
  }

  const Machines machines_;
  const std::shared_ptr<const Flow> flow_;
  const std::string run_id_;
  const std::string trace_id_;
  Variables variables_;
  CookieJar cookies_;
  Conversation conversation_;
  StepRun step_run_;
  Session* session_ = nullptr;
  bool tested_ = false;
  bool stopped_ = false;
  bool wrote_ = false;      // a step that writes was begun
  bool logged_in_ = false;  // in this run
  Callback callback_;
  std::shared_ptr<RunReport> report_;
  SteadyTime begun_{}, steps_begun_{}, deadline_{};
  Section section_ = Section::login;
  std::size_t at_ = 0;
  std::map<std::string, bool, std::less<>> refused_;  // by kind of record
};

FlowRun::FlowRun(const Machines& machines, std::shared_ptr<const Flow> flow)
    : body_(std::make_unique<Body>(machines, std::move(flow))) {}
FlowRun::~FlowRun() = default;
void FlowRun::start(Session& session, bool tested, Callback callback) { body_->start(session, tested, std::move(callback)); }
void FlowRun::stop() { body_->stop(); }

}  // namespace finwatch::workflow
