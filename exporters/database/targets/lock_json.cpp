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
  std::string out = "{\"pid\":" + std::to_string(session.pid);
  out += ",\"waits_for\":" + (is_root ? std::string("null") : std::to_string(picture.chain.nodes[node.nearest].id));
  out += ",\"depth\":" + std::to_string(node.depth);
  if (is_root) out += ",\"blocked_sessions\":" + std::to_string(node.behind);
  if (node.in_circle) out += ",\"in_circle\":true";
  out += ",\"user\":" + json_text(session.user) + ",\"application\":" + json_text(session.application);
  out += ",\"client\":" + json_text(session.client) + ",\"database\":" + json_text(session.database);
  out += ",\"state\":" + json_text(session.state) + ",\"table\":" + json_text(session.table);
  out += ",\"wait_seconds\":" + seconds(session.wait_seconds);
  out += ",\"transaction_seconds\":" + seconds(session.transaction_seconds);
  return out += ",\"statement\":" + json_text(session.statement) + "}";
}

std::string view_json(const LockView& view) {
  std::string out = "{\"target\":" + json_text(view.target) + ",\"engine\":" + json_text(view.engine);
  out += std::string(",\"up\":") + (view.up ? "true" : "false");
  out += ",\"down_reason\":" + (view.up ? std::string("null") : json_text(view.reason));
  out += ",\"problem\":" + (view.problem.empty() ? std::string("null") : json_text(view.problem));
  if (!view.picture) return out += ",\"seen\":null,\"blocked_sessions\":null,\"sessions\":[]}";
  out += ",\"seen\":" + json_number(to_seconds(view.picture->seen));
  out += ",\"blocked_sessions\":" + std::to_string(view.picture->waiting) + ",\"sessions\":[";
  for (std::size_t i = 0; i < view.picture->chain.drawn.size(); ++i)
    out += (i > 0 ? ",\n" : "\n") + session_json(*view.picture, view.picture->chain.drawn[i]);
  return out += "]}";
}

}  // namespace

std::string lock_page_json(const std::vector<LockView>& targets, WallTime now) {
  std::string out = "{\"now\":" + json_number(to_seconds(now)) + ",\"targets\":[";
  for (std::size_t i = 0; i < targets.size(); ++i) out += (i > 0 ? ",\n" : "\n") + view_json(targets[i]);
  return out += "]}\n";
}

}  // namespace finwatch::database
