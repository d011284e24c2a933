#include "workflow/net/resolver.h"

#include <ares.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "core/files.h"
#include "core/text.h"

namespace finwatch::workflow {
namespace {

constexpr char kFamilySeparator = ' ';

int to_system(IpFamily family) {
  if (family == IpFamily::ipv4) return AF_INET;
  if (family == IpFamily::ipv6) return AF_INET6;
  return AF_UNSPEC;
}

// Names differ by case only for people, and a name that allows one family has an answer of its own.
std::string key_of(const std::string& name, IpFamily family) {
  return lower_case(name) + kFamilySeparator + static_cast<char>('0' + static_cast<int>(family));
}

// All zero when there is no such file.
struct stat state_of(const std::string& path) {
  struct stat state {};
  ::stat(path.c_str(), &state);
  return state;
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

// The library is set up once for the process.
bool library_ready() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

}  // namespace

struct Resolver::Body {
  struct Kept {
    Resolved answer;
    SteadyTime until{};
  };
  struct Question {
    Body* body;
    std::string name;
    std::string key;
    IpFamily family;
    std::vector<ResolveCall*> waiting;
  };

  Body(Loop& its_loop, ResolverOptions its_options) : loop(its_loop), options(std::move(its_options)), timer(its_loop) {}

  void open();
  void follow_file();
  void ask(const std::string& name, IpFamily family, const std::string& key, ResolveCall* call);
  void send(Question& question);
  void answer(Question& question, int status, ares_addrinfo* found);
  void watch(int descriptor, bool read, bool write);
  void process(int readable, int writable);
  void expect_more();
  void keep(const std::string& key, const Resolved& answer, std::chrono::seconds ttl);

  Loop& loop;
  ResolverOptions options;
  ares_channel channel = nullptr;
  int opened = ARES_SUCCESS;  // or why there is no channel
  struct stat file_read {};   // as it was when the channel was opened
  Timer timer;
  std::unordered_map<int, std::unique_ptr<Watch>> watches;
  std::unordered_map<std::string, Kept> kept;
  std::map<std::string, std::unique_ptr<Question>> open_questions;
  Resolved scratch;
  std::size_t asked = 0;
};

Resolver::Resolver(Loop& loop, ResolverOptions options) : body_(std::make_unique<Body>(loop, std::move(options))) {
  body_->open();
}

Resolver::~Resolver() { ares_destroy(body_->channel); }

// Of the library only newer releases tell theirs with the port.
std::string Resolver::server() const {
  const std::string& given = body_->options.servers;
  if (!given.empty()) return given.substr(0, given.find(','));
  const Result<std::string> file = read_file(body_->options.file);
  LineReader lines(file ? std::string_view(*file) : std::string_view());
  while (const auto line = lines.next()) {
    FieldReader fields(*line);
    if (fields.next() == "nameserver" && !fields.done()) return std::string(fields.next());
  }
  return "127.0.0.1";  // as resolv.conf(5) says
}

std::size_t Resolver::names() const { return body_->kept.size(); }
std::size_t Resolver::questions() const { return body_->asked; }

void Resolver::Body::open() {
  file_read = state_of(options.file);
  ares_options wanted{};
  wanted.resolvconf_path = options.file.data();
  wanted.timeout = static_cast<int>(options.patience.count());
  wanted.tries = options.tries;
  std::string order = "fb";  // the file, then the servers, whatever nsswitch.conf says
  wanted.lookups = order.data();
  wanted.sock_state_cb_data = this;
  wanted.sock_state_cb = [](void* self, ares_socket_t descriptor, int readable, int writable) {
    static_cast<Body*>(self)->watch(descriptor, readable != 0, writable != 0);
  };
  int mask = ARES_OPT_RESOLVCONF | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
  mask |= ARES_OPT_QUERY_CACHE;  // of 0 seconds: we keep the answers
#endif
  opened = library_ready() ? ares_init_options(&channel, &wanted, mask) : int{ARES_ENOTINITIALIZED};
  if (opened == ARES_SUCCESS && !options.servers.empty()) opened = ares_set_servers_ports_csv(channel, options.servers.c_str());
}

// After a new lease or behind a VPN the servers that were there at the start may be gone for good.
void Resolver::Body::follow_file() {
  if (is_same(file_read, state_of(options.file))) return;
  ares_destroy(channel);  // its questions stay open
  channel = nullptr;
  timer.cancel();
  open();
  std::vector<Question*> unanswered;
  for (const auto& [key, question] : open_questions) unanswered.push_back(question.get());
  for (Question* question : unanswered) send(*question);
}

void Resolver::Body::watch(int descriptor, bool read, bool write) {
  if (!read && !write) {
    watches.erase(descriptor);
    return;
  }
  const unsigned events = (read ? Watch::kRead : 0U) | (write ? Watch::kWrite : 0U);
  std::unique_ptr<Watch>& entry = watches[descriptor];
  if (entry) return entry->change(events);
  entry = std::make_unique<Watch>(loop, descriptor, events, [this, descriptor](unsigned ready) {
    const bool broken = (ready & Watch::kError) != 0;
    process((ready & Watch::kRead) != 0 || broken ? descriptor : ARES_SOCKET_BAD,
            (ready & Watch::kWrite) != 0 || broken ? descriptor : ARES_SOCKET_BAD);
  });
}

void Resolver::Body::process(int readable, int writable) {
  ares_process_fd(channel, readable, writable);
  expect_more();
}

void Resolver::Body::expect_more() {
  timeval most{.tv_sec = 3600, .tv_usec = 0};
  timeval left{};
  if (open_questions.empty() || ares_timeout(channel, &most, &left) == nullptr) return timer.cancel();
  const auto wait = std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec};
  timer.start(loop.now() + wait, [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); });
}

void Resolver::Body::ask(const std::string& name, IpFamily family, const std::string& key, ResolveCall* call) {
  std::unique_ptr<Question>& entry = open_questions[key];
  if (entry) return entry->waiting.push_back(call);
  entry = std::make_unique<Question>(Question{this, name, key, family, {call}});
  ++asked;
  send(*entry);
}

void Resolver::Body::send(Question& question) {
  if (opened != ARES_SUCCESS) return answer(question, opened, nullptr);
  ares_addrinfo_hints hints{};
  hints.ai_family = to_system(question.family);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting opens a socket for each address; we order them ourselves
  // May answer at once, when the name stands in /etc/hosts.
  ares_getaddrinfo(
      channel, question.name.c_str(), nullptr, &hints,
      [](void* context, int status, int /*timeouts*/, ares_addrinfo* found) {
        auto* ours = static_cast<Question*>(context);
        ours->body->answer(*ours, status, found);
      },
      &question);
  expect_more();
}

void Resolver::Body::answer(Question& question, int status, ares_addrinfo* found) {
  if (status == ARES_EDESTRUCTION) return;  // asked again, unless the resolver goes, whose calls went before
  Resolved answer;
  std::chrono::seconds ttl = options.most_kept;
  if (found != nullptr) {
    for (const ares_addrinfo_node* node = found->nodes; node != nullptr; node = node->ai_next) {
      answer.addresses.push_back(Address::from(*node->ai_addr));
      ttl = std::min(ttl, std::chrono::seconds{node->ai_ttl});
    }
    for (const ares_addrinfo_cname* name = found->cnames; name != nullptr; name = name->next)
      ttl = std::min(ttl, std::chrono::seconds{name->ttl});
    ares_freeaddrinfo(found);
  }
  answer.addresses = ordered(std::move(answer.addresses), question.family);
  if (status != ARES_SUCCESS)
    answer.outcome = {NetError::dns, question.name + ": " + ares_strerror(status)};
  else if (answer.addresses.empty())
    answer.outcome = {NetError::dns, question.name + ": no address of the wanted family"};
  else
    keep(question.key, answer, ttl);

  // From the loop: the callers may ask again, start or destroy whatever they like.
  const std::unique_ptr<Question> ended = std::move(open_questions.extract(question.key).mapped());
  for (ResolveCall* call : ended->waiting) {
    if (call == nullptr) continue;
    call->key_.clear();
    call->answer_ = answer;
    call->timer_.start(loop.now(), [call] { call->finish(); });
  }
}

void Resolver::Body::keep(const std::string& key, const Resolved& answer, std::chrono::seconds ttl) {
  const SteadyTime now = loop.now();
  if (kept.size() >= options.most_names) std::erase_if(kept, [&](const auto& entry) { return entry.second.until <= now; });
  if (kept.size() >= options.most_names) kept.clear();
  kept.insert_or_assign(key, Kept{answer, now + std::clamp(ttl, options.least_kept, options.most_kept)});
}

const Resolved* Resolver::known(const std::string& name, IpFamily family) {
  Resolved& answer = body_->scratch;
  if (const std::optional<Address> address = Address::parse(name, 0)) {
    answer = {.outcome = {}, .addresses = ordered({*address}, family), .cached = false};
    if (answer.addresses.empty()) answer.outcome = {NetError::dns, name + ": not an address of the wanted family"};
    return &answer;
  }
  const auto found = body_->kept.find(key_of(name, family));
  if (found == body_->kept.end() || found->second.until <= body_->loop.now()) return nullptr;
  answer = found->second.answer;
  answer.cached = true;
  return &answer;
}

ResolveCall::ResolveCall(Resolver& resolver) : resolver_(resolver), timer_(resolver.body_->loop) {}

void ResolveCall::start(const std::string& name, IpFamily family, Callback callback) {
  cancel();
  callback_ = std::move(callback);
  Resolver::Body& body = *resolver_.body_;
  if (const Resolved* known = resolver_.known(name, family)) {
    answer_ = *known;
  } else {
    body.follow_file();
    key_ = key_of(name, family);
    return body.ask(name, family, key_, this);
  }
  timer_.start(body.loop.now(), [this] { finish(); });
}

void ResolveCall::finish() {
  const Callback callback = std::move(callback_);
  const Resolved answer = std::move(answer_);
  callback(answer);
}

void ResolveCall::cancel() {
  timer_.cancel();
  if (key_.empty()) return;
  const auto found = resolver_.body_->open_questions.find(key_);
  key_.clear();
  if (found == resolver_.body_->open_questions.end()) return;
  std::vector<ResolveCall*>& waiting = found->second->waiting;
  std::replace(waiting.begin(), waiting.end(), this, static_cast<ResolveCall*>(nullptr));
}

}  // namespace finwatch::workflow
