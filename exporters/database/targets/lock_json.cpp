// The pictures of /locks for tools: sessions in one flat list, as a chain may be deeper than parsers follow.
#include <array>
#include <charconv>

#include "core/text.h"
#include "database/targets/lock_page.h"

namespace finwatch::database {
namespace {

std::string quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string number(double value) {
  std::array<char, 64> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 3);
  return error == std::errc{} ? std::string(text.data(), end) : "null";
}

std::string seconds(const std::optional<double>& value) { return value ? number(*value) : "null"; }

std::string session_json(const LockPicture& picture, std::size_t place) {
  const LockNode& node = picture.chain.nodes[place];
  const LockSession& session = picture.sessions[place];
  const bool is_root = node.nearest == LockNode::kNobody;
  std::string out = "{\"pid\":" + std::to_string(session.pid);
  out += ",\"waits_for\":" + (is_root ? std::string("null") : std::to_string(picture.chain.nodes[node.nearest].id));
  out += ",\"depth\":" + std::to_string(node.depth);
  if (is_root) out += ",\"blocked_sessions\":" + std::to_string(node.behind);
  if (node.in_circle) out += ",\"in_circle\":true";
  out += ",\"user\":" + quoted(session.user) + ",\"application\":" + quoted(session.application);
  out += ",\"client\":" + quoted(session.client) + ",\"database\":" + quoted(session.database);
  out += ",\"state\":" + quoted(session.state) + ",\"table\":" + quoted(session.table);
  out += ",\"wait_seconds\":" + seconds(session.wait_seconds);
  out += ",\"transaction_seconds\":" + seconds(session.transaction_seconds);
  return out += ",\"statement\":" + quoted(session.statement) + "}";
}

std::string view_json(const LockView& view) {
  std::string out = "{\"target\":" + quoted(view.target) + ",\"engine\":" + quoted(view.engine);
  out += std::string(",\"up\":") + (view.up ? "true" : "false");
  out += ",\"down_reason\":" + (view.up ? std::string("null") : quoted(view.reason));
  out += ",\"problem\":" + (view.problem.empty() ? std::string("null") : quoted(view.problem));
  if (!view.picture) return out += ",\"seen\":null,\"blocked_sessions\":null,\"sessions\":[]}";
  out += ",\"seen\":" + number(to_seconds(view.picture->seen));
  out += ",\"blocked_sessions\":" + std::to_string(view.picture->waiting) + ",\"sessions\":[";
  for (std::size_t i = 0; i < view.picture->chain.drawn.size(); ++i)
    out += (i > 0 ? ",\n" : "\n") + session_json(*view.picture, view.picture->chain.drawn[i]);
  return out += "]}";
}

}  // namespace

std::string lock_page_json(const std::vector<LockView>& targets, WallTime now) {
  std::string out = "{\"now\":" + number(to_seconds(now)) + ",\"targets\":[";
  for (std::size_t i = 0; i < targets.size(); ++i) out += (i > 0 ? ",\n" : "\n") + view_json(targets[i]);
  return out += "]}\n";
}

}  // namespace finwatch::database
