#include "workflow/net/tcp.h"

#include <algorithm>

#include "core/text.h"
#include "workflow/net/call_frame.h"
#include "workflow/net/stream.h"

namespace finwatch::workflow {

std::map<std::string, std::string> matched_groups(const Pattern& pattern, std::string_view line) {
  std::map<std::string, std::string> groups;
  for (int number = 0; number <= pattern.group_count(); ++number)
    groups[std::to_string(number)] = pattern.group(line, number).value_or("");
  const std::vector<std::string> names = pattern.group_names();
  if (const auto found = pattern.capture(line))
    for (std::size_t i = 0; i < names.size(); ++i) groups[names[i]] = (*found)[i];
  return groups;
}

std::string fill_groups(std::string_view text, const std::map<std::string, std::string>& groups) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    const std::size_t end = text.starts_with("${") ? text.find('}') : std::string_view::npos;
    if (end != std::string_view::npos) {
      if (const auto found = groups.find(std::string(text.substr(2, end - 2))); found != groups.end()) out += found->second;
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      out += '$';
      text.remove_prefix(text.starts_with("$$") ? 2 : 1);
    }
  }
  return out;
}

struct TcpCall::Body {
  Body(Loop& loop, Resolver& resolver, TlsStore& its_tls)
      : tls(its_tls), frame(loop, resolver, [this] { close(); }), stream(loop, frame.clock) {}

  void start();
  void run_step();
  void expect();
  void say();
  void secure(void (Body::*then)());
  void end_step();
  void close();

  TlsStore& tls;
  TcpRequest request;
  std::size_t heard = 0;                       // bytes
  std::map<std::string, std::string> matched;  // by the number of a group, and by its name
  CallFrame<TcpResult> frame;
  Stream stream;
};

TcpCall::TcpCall(Loop& loop, Resolver& resolver, TlsStore& tls) : body_(std::make_unique<Body>(loop, resolver, tls)) {}
TcpCall::~TcpCall() = default;
void TcpCall::cancel() { body_->frame.cancel(); }

void TcpCall::start(TcpRequest request, SteadyTime deadline, Callback callback) {
  body_->request = std::move(request);
  body_->frame.begin(deadline, std::move(callback));
  body_->start();
}

void TcpCall::Body::close() {
  if (stream.remote().family() != AF_UNSPEC) frame.answer.remote = stream.remote().text();
  frame.answer.tls = stream.facts();
  stream.close();
}

void TcpCall::Body::start() {
  heard = 0;
  matched.clear();
  frame.find(request.host, request.family, [this](std::vector<Address> addresses) {
    for (Address& address : addresses) address.set_port(request.port);
    stream.connect(std::move(addresses), [this](const Outcome& outcome) {
      if (!outcome) return frame.end(outcome);
      if (request.tls) return secure(&Body::run_step);
      run_step();
    });
  });
}

void TcpCall::Body::secure(void (Body::*then)()) {
  stream.secure(tls, request.tls_options, request.host, [this, then](const Outcome& outcome) {
    if (!outcome) return frame.end(outcome);
    (this->*then)();
  });
}

void TcpCall::Body::run_step() {
  if (frame.answer.steps_done == request.steps.size()) return frame.end({});
  if (!request.steps[frame.answer.steps_done].expect) return say();
  frame.enter(Phase::processing);
  expect();
}

// One line after the other, until one matches.
void TcpCall::Body::expect() {
  const Pattern& wanted = *request.steps[frame.answer.steps_done].expect;
  std::string& buffer = stream.buffer();
  std::size_t end = 0;
  while ((end = buffer.find('\n')) != std::string::npos || (stream.at_end() && !buffer.empty())) {
    std::string line = valid_utf8(trim(std::string_view(buffer).substr(0, end)));
    buffer.erase(0, end == std::string::npos ? end : end + 1);
    frame.answer.said.append(line).append("\n");
    if (!wanted.matches(line)) continue;
    for (auto& [name, value] : matched_groups(wanted, line)) matched[name] = std::move(value);
    for (const std::string& name : wanted.group_names()) frame.answer.groups[name] = matched[name];
    frame.answer.lines.push_back(std::move(line));
    return say();
  }
  if (stream.at_end()) return frame.end({NetError::mismatch, "the peer closed before an expected line came"});
  const std::size_t before = buffer.size();
  stream.receive([this, before](const Outcome& outcome) {
    if (!outcome) return frame.end(outcome);
    heard += stream.buffer().size() - before;
    if (heard > request.most_bytes)
      return frame.end({NetError::too_large, "the peer said too much before an expected line came"});
    expect();
  });
}

void TcpCall::Body::say() {
  const std::string& text = request.steps[frame.answer.steps_done].send;
  if (text.empty()) return end_step();
  frame.enter(Phase::send);
  stream.send(fill_groups(text, matched), [this](const Outcome& outcome) {
    if (!outcome) return frame.end(outcome);
    end_step();
  });
}

void TcpCall::Body::end_step() {
  const bool start_tls = request.steps[frame.answer.steps_done++].start_tls;
  if (!start_tls) return run_step();
  // What came before TLS was not said by the peer that TLS names.
  stream.buffer().clear();
  secure(&Body::run_step);
}

}  // namespace finwatch::workflow
