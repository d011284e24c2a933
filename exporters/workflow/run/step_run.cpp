#include "workflow/run/step_run.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/text.h"
#include "workflow/run/http_request.h"
#include "workflow/run/net_request.h"
#include "workflow/run/step_reason.h"

namespace finwatch::workflow {

class StepRun::Body {
 public:
  explicit Body(const Machines& machines) : machines_(machines), timer_(machines.loop) {}

  void start(Conversation& conversation, const Step& step, Section section, SteadyTime run_begun, SteadyTime deadline,
             Callback callback) {
    conversation_ = &conversation;
    step_ = &step;
    deadline_ = deadline;
    callback_ = std::move(callback);
    cancelled_ = false;
    report_ = {};
    report_.step = &step;
    report_.section = section;
    begun_ = machines_.loop.now();
    run_begun_ = run_begun;
    report_.begun = begun_ - run_begun;
    repeats_left_ = step.repeat_most;
    retries_left_ = step.retries;
    timer_.start(begun_, [this] { first_attempt(); });
  }
  void cancel() {
    if (!callback_ || cancelled_) return;
    cancelled_ = true;
    timer_.start(machines_.loop.now(), [this] {
      http_.reset();
      sql_.reset();
      tcp_.reset();
      dns_.reset();
      icmp_.reset();
      fail(Reason::internal, "stopped");
      settle(false);
      end();
    });
  }

 private:
  void first_attempt() {
    if (step_->when) {
      const Result<Value> value = step_->when->value(conversation_->variables);
      if (!value || !is_true(*value)) {
        report_.result = StepResult::skipped;
        report_.message = "when: " + (value ? mask(value->text) : std::string("not set"));
        return end();
      }
    }
    if (Status status = declare(); !status) {
      fail(Reason::internal, status.error().message);
      return end();
    }
    attempt();
  }

  // What is about to be done to the books goes to the disk first.
  Status declare() {
    const Effect effect = step_->effect;
    if (effect != Effect::create && effect != Effect::change) return ok();
    if (machines_.journal == nullptr) return {Errc::config, "there is no journal: name a folder under state"};
    const std::string& flow = conversation_->flow.name;
    return effect == Effect::create ? machines_.journal->intend(flow, conversation_->run_id, step_->record)
                                    : machines_.journal->change(flow, conversation_->run_id);
  }

  void attempt() {
    ++report_.attempts;
    report_.result = StepResult::ok;
    report_.message.clear();
    report_.excerpt.clear();
    report_.exported.clear();
    report_.tls.reset();
    report_.status = 0;
    report_.phases = {};
    answer_ = {};
    complaint_.reset();
    attempt_begun_ = machines_.loop.now();
    report_.attempt_begun = attempt_begun_ - run_begun_;
    if (Status status = set(step_->set, conversation_->variables); !status) return refuse(status.error());
    std::visit([this](const auto& action) { perform(action); }, step_->action);
  }
  SteadyTime attempt_deadline() const {
    return std::min(deadline_, attempt_begun_ + std::chrono::duration_cast<SteadyTime::duration>(step_->timeout));
  }

  void perform(const HttpStep& action) {
    Result<HttpRequest> request = http_request_of(action, *conversation_);
    if (!request) return refuse(request.error());
    request->idempotent = step_->idempotent || step_->effect == Effect::read;
    report_.sent = mask(request->method + ' ' + without_user(request->url));
    if (!http_) http_ = std::make_unique<HttpCall>(machines_.http);
    http_->start(std::move(*request), attempt_deadline(), [this](HttpResult&& result) { take(std::move(result)); });
  }
  void take(HttpResult&& result) {
    const HttpHop& last = result.last();
    report_.phases = result.times;
    report_.status = last.status;
    report_.remote = last.remote;
    report_.version = std::string(to_string(last.version));
    for (const HttpHop& hop : result.hops)
      if (hop.tls) show_certificate(hop.tls);
    answer_.status = last.status;
    answer_.body = std::move(result.body);
    for (std::size_t i = 0; i < result.hops.size(); ++i)
      for (Header& header : result.hops[i].headers)
        // A cookie that was set on the way is set; other headers are those of the answer.
        if (i + 1 == result.hops.size() || header.name.size() == 10)
          answer_.headers.emplace_back(std::move(header.name), std::move(header.value));
    if (last.status >= 400 && !looks_at_status(step_->checks))
      complaint_ = Failure{reason_of_status(last.status), "HTTP status " + std::to_string(last.status)};
    conclude(result.outcome, result.hops.size() == 1);
  }

  void perform(const SqlStep& action) {
    SqlRequest request{.connection = action.connection, .statement = {}};
    if (Status status = action.statement.render(conversation_->variables, Escape::sql, request.statement); !status)
      return refuse(status.error());
    report_.sent = conversation_->variables.masker().excerpt(request.statement, kMostMessage);
    if (machines_.sql == nullptr || !machines_.sql->has(action.connection))
      return refuse({Errc::config, "no connection is called '" + action.connection + "'"});
    if (!sql_) sql_ = std::make_unique<SqlCall>(*machines_.sql);
    sql_->start(std::move(request), attempt_deadline(), [this](SqlResult&& result) {
      report_.phases = result.times;
      report_.remote = result.remote;
      if (!result.ok) return failed(result.reason, result.text);
      answer_.rows = std::move(result.rows);
      judge();
    });
  }

  void perform(const TcpStep& action) { call("TCP ", tcp_request_of(action, *conversation_)); }
  void perform(const TlsStep& action) { call("TLS ", tcp_request_of(action, *conversation_)); }
  void call(std::string_view kind, Result<TcpRequest> request) {
    if (!request) return refuse(request.error());
    report_.sent = mask(std::string(kind) + request->host + ':' + std::to_string(request->port));
    if (!tcp_) tcp_ = std::make_unique<TcpCall>(machines_.loop, machines_.resolver, machines_.tls);
    tcp_->start(std::move(*request), attempt_deadline(), [this](TcpResult&& result) {
      report_.phases = result.times;
      report_.remote = result.remote;
      show_certificate(result.tls);
      const bool handshake_only = std::holds_alternative<TlsStep>(step_->action);
      if (!handshake_only)
        answer_.body = std::move(result.said);
      else if (report_.tls)
        answer_.body = body_of(*report_.tls);
      conclude(result.outcome, result.steps_done == 0);
    });
  }

  void perform(const DnsStep& action) {
    Result<DnsRequest> request = dns_request_of(action, *conversation_, machines_.resolver);
    if (!request) return refuse(request.error());
    report_.sent = mask("DNS " + question_line(request->question));
    if (!dns_) dns_ = std::make_unique<DnsCall>(machines_.loop, machines_.resolver);
    dns_->start(std::move(*request), attempt_deadline(), [this, &action](DnsResult&& result) {
      report_.phases = result.times;
      report_.remote = result.remote;
      if (!result.outcome) return conclude(result.outcome, false);
      answer_.body = body_of(result.message);
      const std::string rcode = dns_rcode_text(result.message.rcode);
      if (std::find(action.rcodes.begin(), action.rcodes.end(), rcode) == action.rcodes.end())
        complaint_ = Failure{rcode == "SERVFAIL" ? Reason::unavailable : Reason::status, "the server answered " + rcode};
      judge();
    });
  }

  void perform(const IcmpStep& action) {
    Result<IcmpRequest> request = icmp_request_of(action, *conversation_);
    if (!request) return refuse(request.error());
    report_.sent = mask("ping " + request->host);
    if (!icmp_) icmp_ = std::make_unique<IcmpCall>(machines_.loop, machines_.resolver);
    icmp_->start(std::move(*request), attempt_deadline(), [this](IcmpResult&& result) {
      report_.phases = result.times;
      report_.remote = result.remote;
      if (result.outcome.error == NetError::permission) return failed(Reason::permission, result.outcome.text);
      if (result.outcome) answer_.body = body_of(result);
      conclude(result.outcome, false);
    });
  }

  void perform(const WaitStep& action) {
    timer_.start(std::min(machines_.loop.now() + std::chrono::duration_cast<SteadyTime::duration>(action.length), deadline_),
                 [this] { judge(); });
  }

  // --- what came of it ---------------------------------------------------------------------------------------------------------------

  // The end of every call over the network. `untouched`: nothing was sent before what came last.
  void conclude(const Outcome& outcome, bool untouched) {
    if (outcome) return judge();
    unsent_ = untouched && came_first(outcome.error);
    failed(reason_of(outcome.error), outcome.text);
  }
  // Also of one that was refused.
  void show_certificate(const std::shared_ptr<const TlsFacts>& facts) {
    report_.tls = facts;
    if (facts) answer_.certificate_days = facts->days_left(machines_.loop.wall_now());
  }

  // It was never sent.
  void refuse(const Error& error) {
    unsent_ = true;
    report_.attempts = std::max(report_.attempts, 1);
    retries_left_ = repeats_left_ = 0;
    const Error kept = error;
    timer_.start(machines_.loop.now(), [this, kept] { failed(Reason::internal, kept.message); });
  }
  void judge() {
    unsent_ = false;
    answer_.time = machines_.loop.now() - attempt_begun_;
    // First, so that a secret in the answer is known before anything of it is shown.
    const Status extracted = extract(step_->extract, answer_, conversation_->variables);
    std::optional<Failure> failure = first_failure(step_->checks, answer_, conversation_->variables);
    if (!failure) failure = complaint_;
    if (!failure && !extracted) failure = Failure{Reason::assertion, extracted.error().message};
    if (failure) return failed(failure->reason, failure->sentence);
    show_numbers();
    succeeded();
  }
  void show_numbers() {
    for (const Export& what : step_->exports) {
      const Result<std::vector<Value>> found = what.source.find(answer_);
      if (!found || found->empty()) continue;
      const Value& value = found->front();
      const std::optional<double> number = value.kind == Value::Kind::boolean
                                               ? std::optional<double>(value.text == "true" ? 1 : 0)
                                               : to_number<double>(value.text);
      if (number) report_.exported.push_back({&what, *number});
    }
  }
  void succeeded() {
    settle(true);
    end();
  }
  void failed(Reason reason, const std::string& why) {
    fail(reason, why);
    const SteadyTime now = machines_.loop.now();
    const bool answered = reason == Reason::assertion || reason == Reason::status;
    if (!cancelled_ && repeats_left_ > 1 && answered) {
      --repeats_left_;
      if (again(now, step_->repeat_every)) return;
    } else if (!cancelled_ && retries_left_ > 0 && reason != Reason::authentication) {
      --retries_left_;
      if (again(now, step_->retry_pause)) return;
    }
    settle(false);
    end();
  }
  // False when there is no time for it.
  bool again(SteadyTime now, std::chrono::nanoseconds pause) {
    const SteadyTime when = now + std::chrono::duration_cast<SteadyTime::duration>(pause);
    if (when >= deadline_) return false;
    timer_.start(when, [this] { attempt(); });
    return true;
  }
  void fail(Reason reason, const std::string& why) {
    const Masker& masker = conversation_->variables.masker();
    report_.result = StepResult::failed;
    report_.reason = reason;
    report_.message = masker.excerpt(why, kMostMessage);
    if (!answer_.body.empty()) report_.excerpt = masker.excerpt(answer_.body, kMostExcerpt);
  }
  // What the journal learns.
  void settle(bool success) {
    if (machines_.journal == nullptr || step_->record.empty()) return;
    const std::string& flow = conversation_->flow.name;
    const std::string& run_id = conversation_->run_id;
    const Value& id = conversation_->variables.get(step_->record);
    if (step_->effect == Effect::create) {
      if (success || id.kind != Value::Kind::unset)
        machines_.journal->created(flow, run_id, step_->record, id.text);
      else if (unsent_)
        machines_.journal->withdraw(flow, run_id, step_->record);
    }
    if (step_->effect == Effect::remove && success && report_.section != Section::sweep)
      machines_.journal->removed(flow, run_id, step_->record);
  }
  void end() {
    timer_.cancel();
    report_.duration = machines_.loop.now() - begun_;
    StepReport finished = std::move(report_);
    const Callback tell = std::exchange(callback_, nullptr);
    tell(std::move(finished));  // may start the next step, or destroy this
  }
  std::string mask(const std::string& text) const { return conversation_->variables.masker().excerpt(text, kMostMessage); }

  const Machines machines_;
  Conversation* conversation_ = nullptr;
  const Step* step_ = nullptr;
  SteadyTime deadline_{}, run_begun_{}, begun_{}, attempt_begun_{};
  Callback callback_;
  StepReport report_;
  Answer answer_;
  std::optional<Failure> complaint_;  // of what no rule of the file looks at
  Timer timer_;
  bool cancelled_ = false;
  bool unsent_ = false;
  int retries_left_ = 0, repeats_left_ = 0;
  std::unique_ptr<HttpCall> http_;
  std::unique_ptr<SqlCall> sql_;
  std::unique_ptr<TcpCall> tcp_;
  std::unique_ptr<DnsCall> dns_;
  std::unique_ptr<IcmpCall> icmp_;
};

StepRun::StepRun(const Machines& machines) : body_(std::make_unique<Body>(machines)) {}
StepRun::~StepRun() = default;
void StepRun::start(Conversation& conversation, const Step& step, Section section, SteadyTime run_begun, SteadyTime deadline,
                    Callback callback) {
  body_->start(conversation, step, section, run_begun, deadline, std::move(callback));
}
void StepRun::cancel() { body_->cancel(); }

}  // namespace finwatch::workflow
