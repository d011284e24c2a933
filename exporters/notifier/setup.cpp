#include "notifier/setup.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>

#include "conf/words.h"
#include "conf/yaml.h"
#include "core/text.h"
#include "notifier/contract/read.h"
#include "notifier/page_key.h"
#include "sql/login.h"

namespace finwatch::notifier {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kRoles[] = {"viewer", "responder", "admin"};                        // as Role counts
constexpr std::string_view kTls[] = {"off", "prefer", "require", "verify_ca", "verify_full"};  // as SqlTls counts
constexpr std::string_view kVerify[] = {"automatic", "by_hand"};                               // as verify_by_hand counts
constexpr std::string_view kLinkWords[] = {"alert", "lang", "service", "instance", "target"};  // in braces
constexpr std::span<const std::string_view> kContractChannels = std::span(kChannelNames).first<7>();  // not command, console
constexpr nanoseconds kDay = 24h;

struct Range {
  nanoseconds least, most;
  std::string_view text;
};

nanoseconds length(MapReader& reader, std::string_view key, nanoseconds fallback, const Range& range) {
  const nanoseconds value = reader.duration(key, fallback);
  if (value < range.least || value > range.most)
    reader.fail(key, reader.path_of(key) + ": expected " + std::string(range.text) + ", found " + reader.text(key));
  return value;
}

// A path as the file means it; empty where there is none.
std::string path(MapReader& reader, const Tree& map, std::string_view key) {
  const std::string written = reader.text(key);
  return written.empty() ? written : map.where.beside(written);
}

std::string address(MapReader& reader, std::string_view key) {
  const std::string url = reader.text(key);
  if (reader.has(key) && !url.starts_with("http://") && !url.starts_with("https://"))
    reader.fail(key, reader.path_of(key) + ": expected an address that begins with http:// or https://, found '" +
                         valid_utf8(url) + "'");
  return url;
}

// What paths are put behind: without a / at the end.
std::string base_address(MapReader& reader, std::string_view key) {
  std::string url = address(reader, key);
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// The place of the word in `words`; what is wrong goes to the reader.
std::size_t choice(MapReader& reader, std::string_view key, std::span<const std::string_view> words, std::size_t fallback = 0) {
  if (!reader.has(key)) return fallback;
  const std::string word = reader.text(key);
  const auto at = std::find(words.begin(), words.end(), word);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  std::string all;
  for (const std::string_view one : words) all.append(all.empty() ? "" : ", ").append(one);
  reader.fail(key, reader.path_of(key) + ": expected one of " + all + ", found '" + valid_utf8(word) + "'");
  return fallback;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "unknown";
}

Result<SqlAddress> read_postgresql(const Tree& section) {
  constexpr Range kTimeout{100ms, 1min, "from 100ms to 1m"};
  MapReader reader(section, "store.postgresql");
  SqlAddress server;
  server.application_name = "finwatch-notifier";
  read_place(reader, server);
  server.user = reader.required_text("user");
  server.password = reader.secret("password");
  server.database = reader.required_text("database");
  server.tls = static_cast<SqlTls>(choice(reader, "tls", kTls, static_cast<std::size_t>(server.tls)));
  server.tls_ca = path(reader, section, "tls_ca");
  server.tls_certificate = path(reader, section, "tls_certificate");
  server.tls_key = path(reader, section, "tls_key");
  if (server.tls >= SqlTls::verify_ca && server.tls_ca.empty())
    reader.fail("tls", "store.postgresql.tls: " + std::string(kTls[static_cast<std::size_t>(server.tls)]) +
                           " needs tls_ca, the file of the authority's certificate");
  const auto milliseconds = [&](std::string_view key, nanoseconds fallback) {
    return static_cast<int>(
        std::chrono::duration_cast<std::chrono::milliseconds>(length(reader, key, fallback, kTimeout)).count());
  };
  server.statement_timeout_ms = milliseconds("statement_timeout", 5s);
  server.lock_timeout_ms = milliseconds("lock_timeout", 2s);
  if (Status status = reader.finish(); !status) return status.error();
  return server;
}

Status read_store(const Tree& section, Setup& setup) {
  MapReader reader(section, "store");
  setup.store.sqlite = path(reader, section, "sqlite");
  const Tree* postgresql = reader.map("postgresql");
  const std::string instance = reader.text("instance");
  if (setup.store.sqlite.empty() == (postgresql == nullptr))
    reader.fail(section,
                "store: expected exactly one of sqlite, as in sqlite: /var/lib/finwatch/notifier/journal.db, and postgresql");
  if (!instance.empty() && !is_id(instance))
    reader.fail("instance",
                "store.instance: expected a letter, then letters, digits, _, - and ., found '" + valid_utf8(instance) + "'");
  setup.store.instance = host_name() + (instance.empty() ? "" : ":" + instance);
  if (Status status = reader.finish(); !status || postgresql == nullptr) return status;
  Result<SqlAddress> server = read_postgresql(*postgresql);
  if (!server) return server.error();
  setup.store.postgresql = std::move(*server);
  return ok();
}

Status read_intake(const Tree& section, Setup& setup) {
  MapReader reader(section, "intake");
  IntakeSetup& intake = setup.intake;
  const bool by_token = reader.has("token") || reader.has("token_file");
  const bool by_user = reader.has("user") || reader.has("password") || reader.has("password_file");
  intake.token = reader.secret("token");
  intake.user = reader.text("user");
  intake.password = reader.secret("password");
  intake.open = reader.boolean("open", false);
  if (int{by_token} + int{by_user} + int{intake.open} != 1)
    reader.fail(section,
                "intake: expected exactly one of token_file, user with password_file, and open: true, which lets in whoever "
                "reaches the port");
  if (by_user && (intake.user.empty() || intake.password.empty()))
    reader.fail(section, "intake: 'user' and 'password_file' go together");
  return reader.finish();
}

// By its form alone; what does not fit is never shown: it may be the password itself.
bool is_bcrypt(std::string_view hash) {
  constexpr std::string_view kLetters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  if (hash.size() != 60 || !hash.starts_with("$2") || hash[3] != '$' || hash[6] != '$') return false;
  const auto cost = to_number<int>(hash.substr(4, 2));
  return (hash[2] == 'a' || hash[2] == 'b' || hash[2] == 'y') && cost && *cost >= 4 && *cost <= 18 &&
         hash.find_first_not_of(kLetters, 7) == std::string_view::npos;
}

Result<User> read_user(const std::string& name, const Tree& value) {
  const std::string path = "users." + valid_utf8(name);
  if (value.kind != Tree::Kind::map)
    return Error{Errc::config, value.where.text() + ": " + path + ": expected {password: $2y$10$…, role: responder}"};
  MapReader reader(value, path);
  User user{.name = name, .password = reader.required_text("password"), .role = Role::viewer};
  if (name.empty() || name.find(':') != std::string::npos)
    reader.fail(value, "users: the name of a user must not be empty, nor hold a colon");
  if (!user.password.empty() && !is_bcrypt(user.password))
    reader.fail("password", reader.path_of("password") +
                                ": expected a bcrypt hash ($2y$10$…, 60 characters, cost 4 to 18); make one with "
                                "finwatch-notifier --hash-password");
  if (!reader.has("role")) reader.fail(value, reader.path_of("role") + ": must be given: viewer, responder or admin");
  user.role = static_cast<Role>(choice(reader, "role", kRoles));
  if (Status status = reader.finish(); !status) return status.error();
  return user;
}

Status read_users(const std::string& file_name, PageSetup& page) {
  const Result<Tree> file = load_yaml(file_name, {.substitute_environment = false});  // dollars belong to the hashes
  if (!file) return {Errc::config, "page.users_file: " + file.error().message};
  MapReader reader(*file, "");
  const Tree* users = reader.map("users");
  const Tree* certificates = reader.map("certificates");
  if (users == nullptr && certificates == nullptr)
    reader.fail(*file,
                "nobody may log in: expected users: {zhang.wei: {password: $2y$10$…, role: responder}}, or certificates");
  if (Status status = reader.finish(); !status) return status;
  for (std::size_t i = 0; users != nullptr && i < users->keys.size(); ++i) {
    Result<User> user = read_user(users->keys[i], users->items[i]);
    if (!user) return user.error();
    page.users.push_back(std::move(*user));
  }
  if (certificates == nullptr) return ok();
  MapReader names(*certificates, "certificates");
  for (const std::string& name : certificates->keys) page.certificates[name] = static_cast<Role>(choice(names, name, kRoles));
  return names.finish();
}

Status read_page(const Tree& section, Setup& setup, const Env& env) {
  constexpr Range kValid{1min, 30 * kDay, "from 1m to 30d"};
  MapReader reader(section, "page");
  PageSetup& page = setup.page;
  page.address = base_address(reader, "address");
  const std::string users = path(reader, section, "users_file");
  const std::string key = path(reader, section, "key_file");
  page.session = std::chrono::duration_cast<std::chrono::seconds>(length(reader, "session", page.session, kValid));
  page.link_valid = std::chrono::duration_cast<std::chrono::seconds>(length(reader, "link_valid", page.link_valid, kValid));
  if (key.empty() && !(page.address.empty() && users.empty()))
    reader.fail(section,
                "page.key_file: must be given, as in key_file: /var/lib/finwatch/notifier/page.key: it signs links and "
                "sessions, and is made where it is not there");
  if (Status status = reader.finish(); !status) return status;
  if (!users.empty())
    if (Status status = read_users(users, page); !status) return status;
  if (key.empty()) return ok();
  Result<Secret> kept = kept_key(key, env);
  if (!kept) return {Errc::config, section.find("key_file")->where.text() + ": page.key_file: " + kept.error().message};
  page.key = std::move(*kept);
  return ok();
}

Status read_alertmanager(const Tree& section, AlertmanagerSetup& alertmanager) {
  MapReader reader(section, "alertmanager");
  alertmanager = {.url = base_address(reader, "url"),
                  .user = reader.text("user"),
                  .ca_file = path(reader, section, "ca_file"),
                  .password = reader.secret("password")};
  if (alertmanager.url.empty() && section.kind == Tree::Kind::map) reader.fail(section, "alertmanager.url: must be given");
  if (alertmanager.user.empty() != alertmanager.password.empty())
    reader.fail(section, "alertmanager: 'user' and 'password_file' go together");
  return reader.finish();
}

std::string link(MapReader& reader, std::string_view key) {
  const std::string url = address(reader, key);
  for (std::size_t at = url.find('{'); at != std::string::npos; at = url.find('{', at + 1)) {
    const std::string word = url.substr(at + 1, url.find('}', at) - at - 1);
    if (std::find(std::begin(kLinkWords), std::end(kLinkWords), word) == std::end(kLinkWords))
      reader.fail(key, reader.path_of(key) + ": no {" + valid_utf8(word) + "}" + did_you_mean(word, kLinkWords) +
                           "; there are {alert}, {lang}, {service}, {instance}, {target}");
  }
  return url;
}

Status read_links(const Tree& section, LinkSetup& links) {
  MapReader reader(section, "links");
  links = {.runbooks = link(reader, "runbooks"), .panels = link(reader, "panels")};
  return reader.finish();
}

Status read_incidents(const Tree& section, IncidentSetup& incidents) {
  MapReader reader(section, "incidents");
  incidents.hold_down = length(reader, "hold_down", incidents.hold_down, {0s, kDay, "from 0s to 24h"});
  incidents.reopen_within = length(reader, "reopen_within", incidents.reopen_within, {0s, 30 * kDay, "from 0s to 30d"});
  incidents.close_after = length(reader, "close_after", incidents.close_after, {1min, 90 * kDay, "from 1m to 90d"});
  incidents.verify_by_hand = choice(reader, "verify", kVerify) == 1;
  if (incidents.reopen_within < incidents.hold_down)
    reader.fail(reader.has("reopen_within") ? "reopen_within" : "hold_down",
                "incidents.reopen_within: shorter than hold_down, within which a fault that comes back is the same");
  return reader.finish();
}

Status read_retention(const Tree& section, RetentionSetup& retention) {
  MapReader reader(section, "retention");
  retention.keep =
      length(reader, "keep", retention.keep, {180 * kDay, 3650 * kDay, "180d to 3650d: the audit trail must last 180 days"});
  retention.archive = path(reader, section, "archive");
  return reader.finish();
}

// Who tells when a channel said no for good: another way to the same people first, then a group that sees it.
std::vector<ChannelKind> usual_fallback(ChannelKind kind) {
  using enum ChannelKind;
  if (kind == sms) return {voice, dingtalk};
  if (kind == voice) return {sms};
  if (kind == email) return {dingtalk, sms};
  std::vector<ChannelKind> others{dingtalk, wecom, feishu, sms, email};
  std::erase(others, kind);
  return others;
}

// Known, and set up in the contract.
Result<ChannelKind> fallback_channel(const Position& where, const std::string& path, std::string_view name,
                                     const ChannelSetups& setups) {
  if (Status known = check_known(where, path, "channel", name, kContractChannels); !known) return known.error();
  const ChannelKind kind = *channel_kind(name);
  if (setups.has(kind)) return kind;
  return Error{Errc::config, where.text() + ": " + path + ": '" + std::string(name) +
                                 "' is not set up: say how under channels of rules/sla.yaml, or leave it out here"};
}

Status read_fallback(const Tree* section, Setup& setup) {
  const ChannelSetups& setups = setup.contract->channels;
  for (const std::string_view name : kContractChannels) {
    const ChannelKind kind = *channel_kind(name);
    if (!setups.has(kind)) continue;
    std::vector<ChannelKind> others = usual_fallback(kind);
    std::erase_if(others, [&](ChannelKind other) { return !setups.has(other); });
    setup.delivery.fallback[kind] = std::move(others);
  }
  if (section == nullptr) return ok();
  MapReader reader(*section, "delivery.fallback");
  for (std::size_t i = 0; i < section->keys.size(); ++i) {
    const std::string& name = section->keys[i];
    const std::string at = reader.path_of(valid_utf8(name));
    Result<ChannelKind> kind = fallback_channel(section->key_where[i], "delivery.fallback", name, setups);
    if (!kind) return kind.error();
    std::vector<ChannelKind> others;
    for (const std::string& other : reader.texts(name)) {
      Result<ChannelKind> one = fallback_channel(section->items[i].where, at, other, setups);
      if (!one) return one.error();
      if (*one == *kind) reader.fail(section->items[i], at + ": a channel that failed cannot stand in for itself");
      if (std::find(others.begin(), others.end(), *one) == others.end()) others.push_back(*one);
    }
    setup.delivery.fallback[*kind] = std::move(others);
  }
  return reader.finish();
}

Status read_delivery(const Tree& section, Setup& setup) {
  constexpr std::string_view kInstead[] = {"command", "console"};
  MapReader reader(section, "delivery");
  DeliverySetup& delivery = setup.delivery;
  delivery.attempts = static_cast<int>(reader.integer("attempts", delivery.attempts, 1, 100));
  delivery.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
      length(reader, "timeout", delivery.timeout, {1s, 1min, "from 1s to 1m"}));
  if (reader.has("instead")) delivery.instead = channel_kind(kInstead[choice(reader, "instead", kInstead, 1)]);
  setup.channels.command = reader.texts("command");
  if ((delivery.instead == ChannelKind::command) == setup.channels.command.empty())
    reader.fail(section,
                "delivery: 'instead: command' and 'command: [program, argument, …]' go together; they are for trials: "
                "nobody is called then");
  const Tree* fallback = reader.map("fallback");
  if (Status status = reader.finish(); !status) return status;
  return read_fallback(fallback, setup);
}

Status read_providers(const Tree& section, ChannelWorld& world) {
  MapReader reader(section, "providers");
  for (auto [key, url] : {std::pair{"aliyun_sms", &world.aliyun_sms}, std::pair{"aliyun_voice", &world.aliyun_voice},
                          std::pair{"tencent_sms", &world.tencent_sms}, std::pair{"tencent_voice", &world.tencent_voice}})
    if (reader.has(key)) *url = base_address(reader, key);
  world.ca_file = path(reader, section, "ca_file");
  return reader.finish();
}

}  // namespace

Result<std::shared_ptr<const Setup>> read_setup(const Tree& file, const Env& env) {
  auto setup = std::make_shared<Setup>();
  setup->channels.env = &env;
  MapReader reader(file, "");
  const std::string contract = reader.text("contract");
  Tree none;  // in place of a section that is not there
  none.where = file.where;
  const auto section = [&](std::string_view name) -> const Tree& {
    const Tree* found = reader.child(name);
    if (found == nullptr || found->kind == Tree::Kind::null) return none;
    if (found->kind == Tree::Kind::map) return *found;
    reader.fail(*found, std::string(name) + ": expected a map");  // what was found may be a secret
    return none;
  };
  const Tree& store = section("store");
  const Tree& intake = section("intake");
  const Tree& page = section("page");
  const Tree& alertmanager = section("alertmanager");
  const Tree& links = section("links");
  const Tree& incidents = section("incidents");
  const Tree& retention = section("retention");
  const Tree& delivery = section("delivery");
  const Tree& providers = section("providers");
  reader.child("collectors");  // read by whoever runs them
  if (Status status = reader.finish(); !status) return status.error();

  if (contract.empty())
    return Error{Errc::config,
                 file.where.text() + ": contract: must be given: the path of notifier.yml, which finwatch compile makes"};
  Result<std::shared_ptr<const Contract>> loaded = load_contract(file.where.beside(contract));
  if (!loaded) return loaded.error();
  setup->contract = std::move(*loaded);
  if (Status status = read_store(store, *setup); !status) return status.error();
  if (Status status = read_intake(intake, *setup); !status) return status.error();
  if (Status status = read_alertmanager(alertmanager, setup->alertmanager); !status) return status.error();
  if (Status status = read_links(links, setup->links); !status) return status.error();
  if (Status status = read_incidents(incidents, setup->incidents); !status) return status.error();
  if (Status status = read_retention(retention, setup->retention); !status) return status.error();
  if (Status status = read_delivery(delivery, *setup); !status) return status.error();
  if (Status status = read_providers(providers, setup->channels); !status) return status.error();
  // Last, since it may make a file: not for a configuration that is refused.
  if (Status status = read_page(page, *setup, env); !status) return status.error();
  return std::shared_ptr<const Setup>(std::move(setup));
}

}  // namespace finwatch::notifier
