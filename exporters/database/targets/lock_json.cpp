// The pictures of /locks for tools: sessions in one flat list, as a chain may be deeper than parsers follow.
#include "core/json_text.h"
#include "database/targets/lock_page.h"

namespace finwatch::database {
namespace {

std::string seconds(const std::optional<double>& value) { return value ? json_number(*value) : "null"; }

std::string session_json(const LockPicture& picture, std::size_t place) {
  const LockNode& node = picture.chain.nodes[place];
  const LockSession& session = picture.sessions[place];
  const bool is_root = node.nearest == LockNode::kNobody;
  JsonMembers members('{');
  members.add("pid", std::to_string(session.pid))
      .add("waits_for", is_root ? "null" : std::to_string(picture.chain.nodes[node.nearest].id))
      .add("depth", std::to_string(node.depth));
  if (is_root) members.add("blocked_sessions", std::to_string(node.behind));
  if (node.in_circle) members.add("in_circle", json_truth(true));
  return members.add("user", json_text(session.user))
      .add("application", json_text(session.application))
      .add("client", json_text(session.client))
      .add("database", json_text(session.database))
      .add("state", json_text(session.state))
      .add("table", json_text(session.table))
      .add("wait_seconds", seconds(session.wait_seconds))
      .add("transaction_seconds", seconds(session.transaction_seconds))
      .add("statement", json_text(session.statement))
      .end();
}

std::string view_json(const LockView& view) {
  JsonMembers sessions('[');
  if (view.picture)
    for (const std::size_t place : view.picture->chain.drawn) sessions.add('\n' + session_json(*view.picture, place));
  return JsonMembers('{')
      .add("target", json_text(view.target))
      .add("engine", json_text(view.engine))
      .add("up", json_truth(view.up))
      .add("down_reason", view.up ? "null" : json_text(view.reason))
      .add("problem", view.problem.empty() ? "null" : json_text(view.problem))
      .add("seen", view.picture ? json_number(to_seconds(view.picture->seen)) : "null")
      .add("blocked_sessions", view.picture ? std::to_string(view.picture->waiting) : "null")
      .add("sessions", sessions.end())
      .end();
}

}  // namespace

std::string lock_page_json(const std::vector<LockView>& targets, WallTime now) {
  JsonMembers list('[');
  for (const LockView& target : targets) list.add('\n' + view_json(target));
  return JsonMembers('{').add("now", json_number(to_seconds(now))).add("targets", list.end()).end() + '\n';
}

}  // namespace finwatch::database
