// finwatch-notifier over its REST interface.
//
//   Result<NotifierClient> client = NotifierClient::open({.url = "http://127.0.0.1:19605"});
//   client->get("/api/v1/incidents", {{"state", "open"}});
//   client->act({.incident = "INC-42", .action = "acknowledge"});
//
// One request after another, never retried. An error holds the notifier's own words where it gave any.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/secret.h"

namespace finwatch {
struct HttpRequest;
}

namespace finwatch::rules::notifier {

struct NotifierOptions {
  std::string url = "http://127.0.0.1:19605";
  std::string user;  // with the password: HTTP basic authentication
  Secret password;
  std::string ca_file;          // PEM of those who may sign the server's certificate; empty: the system's
  std::string language = "en";  // of what it says about a refusal
  std::chrono::milliseconds timeout{15'000};
};

struct ActionOrder {
  std::string incident, action, note, target;
};

class NotifierClient {
 public:
  using Query = std::vector<std::pair<std::string_view, std::string>>;

  /// config for an address that is none, or one that holds a password. Asks nothing yet.
  static Result<NotifierClient> open(NotifierOptions options);

  /// The body of the answer. Fields of the query that are empty are left out.
  /// no_data: no such incident; config: refused, and why; permission: who asks may not.
  Result<std::string> get(std::string_view path, const Query& query) const;
  /// The incident as it is after the action; a timeout says that it may have been done.
  Result<std::string> act(const ActionOrder& order) const;

 private:
  explicit NotifierClient(NotifierOptions options) : options_(std::move(options)) {}
  Result<std::string> send(HttpRequest request) const;
  Error failed(Errc code, const std::string& what) const { return {code, options_.url + ": " + what}; }

  NotifierOptions options_;
};

}  // namespace finwatch::rules::notifier
