// One request to the desk, copied out of the web server so that the desk's own thread can answer it, and who makes it.
//
//   Visit visit = read_visit(request, Route::Verb::post);
//   visit.query("state"), visit.field("note"), visit.cookie("session")
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notifier/setup.h"
#include "web/page.h"
#include "web/server.h"

namespace finwatch::notifier {

/// How we know who it is. `machine`: nobody has a name here, but the request comes from this machine, and may look.
enum class Way : unsigned char { session, password, certificate, machine };

struct Visitor {
  std::string name;
  Role role = Role::viewer;
  Way way = Way::machine;
  std::string session;  // what the forms of this visitor are tied to
};

using Fields = std::map<std::string, std::string, std::less<>>;

struct Visit {
  Route::Verb verb = Route::Verb::get;
  std::string path, body;
  Fields queries, fields, cookies;
  bool malformed = false;  // a broken %-escape somewhere
  std::string content_type, authorization, host, origin, fetch_site, peer;
  bool forwarded = false;  // a proxy says that it speaks for somebody else
  std::vector<std::string> names;
  Language language = Language::chinese;
  bool chose_language = false;  // by ?lang=
  std::string nonce;            // of the styles and scripts of this one answer
  std::optional<Visitor> visitor;

  std::string_view query(std::string_view name) const { return find(queries, name); }
  std::string_view field(std::string_view name) const { return find(fields, name); }
  std::string_view cookie(std::string_view name) const { return find(cookies, name); }
  bool is_api() const { return path.starts_with("/api/"); }
  bool is_from_this_machine() const;

 private:
  static std::string_view find(const Fields& fields, std::string_view name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string_view() : found->second;
  }
};

Visit read_visit(const WebRequest& request, Route::Verb verb);

}  // namespace finwatch::notifier
