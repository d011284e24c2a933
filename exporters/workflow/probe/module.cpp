#include "workflow/probe/module.h"

#include <algorithm>

#include "core/text.h"
#include "workflow/net/url.h"
#include "workflow/probe/module_keys.h"

namespace finwatch::workflow {
namespace {

constexpr std::string_view kProbers[] = {"http", "tcp", "dns", "icmp"};
constexpr std::chrono::nanoseconds kLongest = std::chrono::hours{1};

// YAML's merge key: what stands behind << is in the map, unless the map says otherwise.
Tree merged(Tree tree) {
  for (Tree& item : tree.items) item = merged(std::move(item));
  for (std::size_t i = 0; i < tree.keys.size(); ++i) {
    if (tree.keys[i] != "<<") continue;
    const Tree source = std::move(tree.items[i]);
    const auto place = static_cast<std::ptrdiff_t>(i);
    tree.keys.erase(tree.keys.begin() + place);
    tree.items.erase(tree.items.begin() + place);
    tree.key_where.erase(tree.key_where.begin() + place);
    const auto add = [&tree](const Tree& map) {
      for (std::size_t j = 0; j < map.keys.size(); ++j) {
        if (tree.find(map.keys[j]) != nullptr) continue;
        tree.keys.push_back(map.keys[j]);
        tree.items.push_back(map.items[j]);
        tree.key_where.push_back(map.key_where[j]);
      }
    };
    if (source.kind == Tree::Kind::map) add(source);
    for (const Tree& map : source.items)
      if (source.kind == Tree::Kind::list) add(map);
    break;
  }
  return tree;
}

// Bodies and what is sent may hold a login.
bool is_secret(std::string_view key) {
  constexpr std::string_view kWords[] = {"password",      "passwd", "credential", "token",   "secret",
                                         "authorization", "cookie", "api-key",    "api_key", "apikey"};
  const std::string word = lower_case(key);
  return word == "body" || word == "send" || std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view part) {
           return word.find(part) != std::string::npos;
         });
}

void show(const Tree& tree, std::string_view key, int depth, std::string& out) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  if (tree.kind == Tree::Kind::scalar) {
    out.append(" ")
        .append(is_secret(key)       ? "********"
                : key == "proxy_url" ? without_user(tree.shown())
                                     : tree.shown())
        .append("\n");
    return;
  }
  out += '\n';
  for (std::size_t i = 0; i < tree.items.size(); ++i) {
    const bool named = tree.kind == Tree::Kind::map;
    out.append(indent).append(named ? tree.keys[i] + ":" : "-");
    show(tree.items[i], named ? tree.keys[i] : key, depth + 1, out);
  }
}

template <class T>
Status read_how(const Tree& map, const std::string& path, Module& module,
                Result<T> (*read)(const Tree&, const std::string&, IpFamily&)) {
  Result<T> how = read(map, path, module.family);
  if (!how) return how.error();
  module.how = std::move(*how);
  return ok();
}

Result<std::shared_ptr<const Module>> read_module(const Tree& tree, const std::string& name, const std::string& path) {
  ModuleReader reader(tree, path);
  auto module = std::make_shared<Module>();
  module->name = name;
  show(tree, name, 1, module->shown);
  module->timeout = reader.duration("timeout", {});
  if (module->timeout > kLongest) reader.fail("timeout", path + ".timeout: at most 1h");
  const std::string prober = reader.required_text("prober");
  const bool known = std::find(std::begin(kProbers), std::end(kProbers), prober) != std::end(kProbers);
  if (!prober.empty() && !known)
    reader.fail("prober", path + ".prober: expected http, tcp, dns or icmp, found '" + prober + "'");
  // Parts of other probers have no effect, as in blackbox_exporter.
  for (const std::string_view other : {"http", "tcp", "dns", "icmp", "grpc", "unix", "websocket"}) reader.child(other);
  Tree nothing;
  nothing.where = tree.where;
  const Tree* part = known ? reader.map(prober) : nullptr;
  const Tree& map = part != nullptr ? *part : nothing;
  const std::string inner = path + "." + prober;
  if (prober == "http") reader.take(read_how<HttpModule>(map, inner, *module, read_http_module));
  if (prober == "tcp") reader.take(read_how<TcpModule>(map, inner, *module, read_tcp_module));
  if (prober == "dns") reader.take(read_how<DnsModule>(map, inner, *module, read_dns_module));
  if (prober == "icmp") reader.take(read_how<IcmpModule>(map, inner, *module, read_icmp_module));
  if (Status status = reader.finish(); !status) return status.error();
  return std::shared_ptr<const Module>(std::move(module));
}

}  // namespace

Result<Modules> read_modules(const Tree& map, const std::string& path) {
  if (map.kind != Tree::Kind::map)
    return {Errc::config, map.where.text() + ": " + path + ": expected a map of names and modules"};
  const Tree whole = merged(map);
  Modules modules;
  for (std::size_t i = 0; i < whole.keys.size(); ++i) {
    Result<std::shared_ptr<const Module>> module = read_module(whole.items[i], whole.keys[i], path + "." + whole.keys[i]);
    if (!module) return module.error();
    modules.emplace(whole.keys[i], std::move(*module));
  }
  return modules;
}

}  // namespace finwatch::workflow
