// A small ERP over HTTP for tests of runs: it logs in, saves, finds and deletes vouchers, and fails as it is told to.
//
//   Erp erp;
//   erp.save = "refuse";
//   Runs runs(erp);
//   const auto report = runs.run();
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "net/fake_server.h"
#include "net/net_fixture.h"
#include "support/catch.h"
#include "support/changed.h"
#include "workflow/flow/flow_read.h"
#include "workflow/run/flow_run.h"

namespace finwatch::test {

class Erp {
 public:
  /// Every request's first line, in the order of their coming.
  std::vector<std::string> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::vector<std::string> vouchers() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> notes;
    for (const auto& [id, note] : vouchers_) notes.push_back(note);
    return notes;
  }
  std::string last_request(std::string_view path) const {
    const std::lock_guard lock(mutex_);
    const auto found = requests_.find(std::string(path));
    return found == requests_.end() ? std::string() : found->second;
  }
  /// What the next saves, logins and deletions do: "", "refuse", "hang" (and keep what was saved), "fail".
  void set(std::string_view what, std::string how) {
    const std::lock_guard lock(mutex_);
    how_[std::string(what)] = std::move(how);
  }
  /// The sessions that were given out are no longer known.
  void forget_sessions() { ++session_; }
  std::string url() const { return server_.url(""); }
  std::uint16_t port() const { return server_.port(); }

 private:
  void serve(FakeConnection& peer) {
    for (std::string text = peer.request(); !text.empty(); text = peer.request()) {
      const std::string path = text.substr(text.find(' ') + 1, text.find(' ', text.find(' ') + 1) - text.find(' ') - 1);
      const std::string how = note(path, text);
      if (path == "/login") {
        if (how == "refuse")
          peer.answer(R"({"error": "wrong password s3cret"})", {}, "401 Unauthorized");
        else
          peer.answer(R"({"token": "token-)" + std::to_string(session_) + "\"}");
      } else if (text.find("token-" + std::to_string(session_)) == std::string::npos) {
        peer.answer("{}", {}, "401 Unauthorized");
      } else if (path == "/save") {
        save(peer, text, how);
      } else if (path == "/find") {
        peer.answer(found(text));
      } else if (path == "/delete") {
        if (how == "fail") {
          peer.answer("{}", {}, "500 Internal Server Error");
          continue;
        }
        const std::lock_guard lock(mutex_);
        vouchers_.clear();
        peer.answer("{}");
      } else {
        peer.answer(R"({"ready": )" + std::string(++asked_ >= 3 ? "true}" : "false}"));
      }
    }
  }
  std::string note(const std::string& path, const std::string& text) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(path);
    requests_[path] = text;
    const auto how = how_.find(path.substr(1));
    return how == how_.end() ? std::string() : how->second;
  }
  void save(FakeConnection& peer, const std::string& text, const std::string& how) {
    if (how == "refuse") {
      peer.answer(R"({"error": "closed period"})");
      return;
    }
    int id = 0;
    {
      const std::lock_guard lock(mutex_);
      id = ++last_id_;
      vouchers_[id] = text.substr(text.find("PROBE"), 40);
    }
    if (how == "hang")
      peer.hang();
    else
      peer.answer(R"({"id": )" + std::to_string(id) + "}");
  }
  std::string found(const std::string& text) const {
    const std::lock_guard lock(mutex_);
    const bool every = text.find("\"run\":\"\"") != std::string::npos;
    std::string ids;
    for (const auto& [id, note] : vouchers_)
      if (every || text.find(note.substr(note.size() - 8)) != std::string::npos)
        ids += (ids.empty() ? "" : ",") + std::to_string(id);
    return "{\"ids\": [" + ids + "]}";
  }

  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
  std::map<std::string, std::string> requests_, how_;
  std::map<int, std::string> vouchers_;
  int last_id_ = 40;
  std::atomic<int> session_{1}, asked_{0};
  FakeTcpServer server_{[this](FakeConnection& peer) { serve(peer); }};
};

inline constexpr std::string_view kEntry = R"(parameters: {url: {}}
secrets: [password]
flows:
  - name: entry
    title: {zh: 凭证录入, en: Voucher entry}
    mode: write
    ledger: books
    schedule: {every: 60s}
    budget: {total: 3s, cleanup: 3s}
    session: {keep: 0s}
    login:
      - id: login
        effect: login
        http: {post: "${url}/login", json: {password: "${password}"}}
        extract: {token: {json: /token, secret: true}}
    sweep:
      - id: find_leftovers
        effect: read
        http: {post: "${url}/find", bearer: "${token}", json: {run: ""}}
        extract: {old: {json: /ids}}
      - id: delete_leftovers
        when: "${length(old)}"
        removes: voucher
        http: {post: "${url}/delete", bearer: "${token}", json: "${old}"}
    steps:
      - id: save
        creates: voucher
        timeout: 300ms
        http: {post: "${url}/save", bearer: "${token}", json: {note: "${tag} ${run_id}"}}
        classify: [{json: /error, contains: closed period, as: data}]
        extract: {voucher: {json: /id}}
    finally:
      - id: find_mine
        effect: read
        http: {post: "${url}/find", bearer: "${token}", json: {run: "${run_id}"}}
        extract: {mine: {json: /ids}}
      - id: delete
        when: "${length(mine)}"
        removes: voucher
        http: {post: "${url}/delete", bearer: "${token}", json: "${mine}"}
)";

/// The same where a save may take longer.
inline std::string slow_saves(std::string_view timeout) {
  return changed(changed(kEntry, "timeout: 300ms", "timeout: " + std::string(timeout)), "total: 3s", "total: 50s");
}

/// Runs of the first flow of a file against an Erp, with a journal.
class Runs {
 public:
  explicit Runs(const Erp& erp, std::string text = std::string(kEntry)) {
    tree_.write("flow.yml", text);
    workflow::FlowFile file;
    file.path = tree_.path("flow.yml");
    file.parameters = {{"url", erp.url()}};
    file.secrets.emplace("password", Secret("s3cret"));
    file.grant = {.mode = workflow::Mode::write, .hosts = {"127.0.0.1"}, .ledgers = {"books"}, .writes_per_day = 100};
    auto read = workflow::read_flows(file, workflow::Almanac{}, workflow::Context{});
    if (!read) FAIL(read.error().message);
    flows.assign(read->begin(), read->end());
    flow = flows.front();
    auto opened = workflow::Journal::open(tree_.path("state"), Zone{}, system_clock());
    if (!opened) FAIL(opened.error().message);
    journal = std::move(*opened);
    machines.journal = journal.get();
  }

  std::shared_ptr<const workflow::RunReport> run(bool tested = true) {
    std::shared_ptr<const workflow::RunReport> got;
    workflow::FlowRun one(machines, flow);
    one.start(session, tested, [&](const auto& report) { got = report; });
    net.run_until([&] { return got != nullptr; });
    REQUIRE(got);
    return got;
  }

  Net net;
  workflow::Machines machines{.loop = net.loop, .resolver = net.resolver, .tls = net.tls, .http = net.client};
  std::vector<std::shared_ptr<const workflow::Flow>> flows;
  std::shared_ptr<const workflow::Flow> flow;  // the first
  std::unique_ptr<workflow::Journal> journal;
  workflow::Session session;

 private:
  TemporaryTree tree_;
};

}  // namespace finwatch::test
