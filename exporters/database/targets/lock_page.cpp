#include "database/targets/lock_page.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>

#include "core/text.h"
#include "web/landing.h"
#include "web/query.h"

namespace finwatch::database {
namespace {

// Deeper and longer trees than anyone reads: the rest is a number.
constexpr std::size_t kMostDrawn = 300;
constexpr std::size_t kDeepestIndent = 12;

// What the page says, in both languages.
struct Words {
  std::string_view lang, title, other_link, other_name, none, never, up, down, problem, seen, ago, waiting, blocks, root, waits,
      for_table, transaction, last_statement, statement, pid, prepared, more, circle, also, unknown, no_targets, application,
      from, database;
};
constexpr Words kChinese{.lang = "zh-CN",
                         .title = "锁等待",
                         .other_link = "?lang=en",
                         .other_name = "English",
                         .none = "没有会话在等待锁。",
                         .never = "尚未采集。",
                         .up = "正常",
                         .down = "不可用",
                         .problem = "采集失败",
                         .seen = "采集于",
                         .ago = "前",
                         .waiting = "个会话在等待",
                         .blocks = "阻塞会话数",
                         .root = "阻塞源头",
                         .waits = "已等待",
                         .for_table = "等待的表",
                         .transaction = "事务已开启",
                         .last_statement = "最后执行",
                         .statement = "正在执行",
                         .pid = "会话",
                         .prepared = "两阶段提交的遗留事务",
                         .more = "个会话未画出",
                         .circle = "循环等待",
                         .also = "同时等待会话",
                         .unknown = "未知",
                         .no_targets = "没有这样的目标。",
                         .application = "应用",
                         .from = "客户端",
                         .database = "数据库"};
constexpr Words kEnglish{.lang = "en",
                         .title = "Lock waits",
                         .other_link = "?lang=zh",
                         .other_name = "中文",
                         .none = "No session waits for a lock.",
                         .never = "Not seen yet.",
                         .up = "up",
                         .down = "DOWN",
                         .problem = "not readable",
                         .seen = "seen at",
                         .ago = "ago",
                         .waiting = "sessions wait",
                         .blocks = "sessions blocked",
                         .root = "ROOT",
                         .waits = "waiting",
                         .for_table = "for table",
                         .transaction = "transaction open",
                         .last_statement = "last ran",
                         .statement = "runs",
                         .pid = "session",
                         .prepared = "a prepared transaction",
                         .more = "sessions are not drawn",
                         .circle = "a circle of waits",
                         .also = "waits for these too:",
                         .unknown = "unknown",
                         .no_targets = "There is no such target.",
                         .application = "application",
                         .from = "client",
                         .database = "database"};

constexpr std::string_view kStyle =
    "body{font:17px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;max-width:70rem;margin:1rem auto;padding:0 "
    "1rem;background:#fff;"
    "color:#1b1f24}h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.25rem;margin:1.8rem 0 .3rem}"
    "ol{list-style:none;margin:.6rem 0;padding:0}"
    "li{border-left:.3rem solid #bf8700;background:#f6f8fa;margin:.35rem 0;padding:.4rem .8rem}"
    "li.root{border-color:#cf222e;background:#ffebe9}b.wait,.root b.who{color:#a40e26}"
    ".tag{color:#fff;background:#cf222e;padding:0 .5rem;border-radius:.3rem;font-weight:bold}.good{background:#1a7f37}"
    "code{display:block;font:14px/1.4 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin-top:.2rem}"
    ".quiet{color:#57606a}span.part{margin-right:1.2rem;white-space:nowrap}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}li{background:#161b22}li.root{background:#3c1618}"
    "b.wait,.root b.who{color:#ff8182}.quiet{color:#9da7b3}a{color:#58a6ff}}";

// Never markup, whatever a client called itself.
std::string as_text(std::string_view text) { return escape_html(valid_utf8(text)); }

std::string utc(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

// "3 h 12 min", "48 s": as one says it at night.
std::string for_people(double seconds) {
  const auto whole = static_cast<long long>(std::max(0.0, std::min(seconds, 1e12)));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  if (whole < 86400) return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
  return std::to_string(whole / 86400) + " d " + std::to_string(whole / 3600 % 24) + " h";
}

class HtmlPage {
 public:
  HtmlPage(Language language, std::string_view only)
      : words_(language == Language::chinese ? kChinese : kEnglish),
        same_target_(only.empty() ? std::string() : "&amp;target=" + percent_encode(only)) {}

  std::string write(const std::vector<LockView>& targets, WallTime now) {
    page_ += "<!DOCTYPE html>\n<html lang=\"" + std::string(words_.lang) +
             "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
             "<meta http-equiv=\"refresh\" content=\"15\">\n<title>" +
             std::string(words_.title) + "</title>\n<style>";
    page_ += kStyle;
    page_ += "</style>\n</head>\n<body>\n<h1>" + std::string(words_.title) + "</h1>\n<p class=\"quiet\">" + utc(now) +
             " <a href=\"" + std::string(words_.other_link) + same_target_ + "\">" + std::string(words_.other_name) +
             "</a> <a href=\"?format=json" + same_target_ + "\">JSON</a></p>\n";
    if (targets.empty()) paragraph(words_.no_targets);
    for (const LockView& target : targets) add_target(target, now);
    page_ += "</body>\n</html>\n";
    return std::move(page_);
  }

 private:
  void paragraph(std::string_view text) { page_ += "<p>" + as_text(text) + "</p>\n"; }
  void part(std::string_view name, std::string_view text, std::string_view kind = "b") {
    if (text.empty()) return;
    page_ += "<span class=\"part\">" + std::string(name) + (name.empty() ? "" : " ") + "<b class=\"" + std::string(kind) +
             "\">" + as_text(text) + "</b></span>";
  }

  void add_target(const LockView& target, WallTime now) {
    page_ += "<h2>" + as_text(target.target) + " <small class=\"quiet\">" + as_text(target.engine) + "</small>";
    if (target.up)
      page_ += " <span class=\"tag good\">" + std::string(words_.up) + "</span>";
    else if (!target.reason.empty())  // else nobody has asked yet
      page_ += " <span class=\"tag\">" + std::string(words_.down) + ": " + as_text(target.reason) + "</span>";
    page_ += "</h2>\n";
    if (!target.problem.empty()) paragraph(std::string(words_.problem) + ": " + target.problem);
    if (!target.picture) return paragraph(words_.never);
    const LockPicture& picture = *target.picture;
    page_ += "<p class=\"quiet\">" + std::string(words_.seen) + " " + utc(picture.seen) + " (" +
             for_people(to_seconds(now) - to_seconds(picture.seen)) + " " + std::string(words_.ago) + ")</p>\n";
    if (picture.waiting == 0) return paragraph(words_.none);
    page_ += "<p><b>" + std::to_string(picture.waiting) + " " + std::string(words_.waiting) + "</b></p>\n<ol>\n";
    std::size_t waiters = 0;
    for (std::size_t i = 0; i < std::min(picture.chain.drawn.size(), kMostDrawn); ++i) {
      const std::size_t place = picture.chain.drawn[i];
      add_session(picture, place);
      if (picture.chain.nodes[place].depth > 0) ++waiters;
    }
    page_ += "</ol>\n";
    if (picture.waiting > waiters) paragraph(std::to_string(picture.waiting - waiters) + " " + std::string(words_.more));
  }

  void add_session(const LockPicture& picture, std::size_t place) {
    const LockNode& node = picture.chain.nodes[place];
    const LockSession& session = picture.sessions[place];
    const bool is_root = node.nearest == LockNode::kNobody;
    const std::size_t indent = std::min(node.depth, kDeepestIndent);
    page_ += is_root ? "<li class=\"root\">" : "<li style=\"margin-left:" + std::to_string(indent * 2) + "rem\">└─ ";
    if (is_root) {
      page_ += "<span class=\"tag\">" + std::string(words_.root) + "</span> ";
      if (node.in_circle) part("", words_.circle);
      part(words_.blocks, std::to_string(node.behind), "wait");
    } else {
      part(words_.waits, session.wait_seconds ? for_people(*session.wait_seconds) : words_.unknown, "wait");
      part(words_.for_table, session.table);
    }
    page_ += "<br>";
    part("", session.user.empty() ? words_.unknown : std::string_view(session.user), "who");
    part(words_.application, session.application, "who");
    part(words_.from, session.client);
    part(words_.database, session.database);
    page_ += "<br>";
    part(words_.pid,
         session.pid > 0 ? std::to_string(session.pid) : std::string(session.pid == 0 ? words_.prepared : words_.unknown));
    part("", session.state);
    if (session.transaction_seconds) part(words_.transaction, for_people(*session.transaction_seconds));
    if (const std::string others = other_blockers(picture.chain, place); !others.empty()) part(words_.also, others);
    if (!session.statement.empty())
      page_ += "<code>" + std::string(session.state == "active" ? words_.statement : words_.last_statement) + ": " +
               as_text(session.statement) + "</code>";
    page_ += "</li>\n";
  }

  // Roots of other trees that hold this session up as well.
  static std::string other_blockers(const LockChain& chain, std::size_t place) {
    std::string text;
    const std::size_t own = root_of(chain, place);
    if (own == place) return text;
    for (const std::size_t root : chain.roots) {
      const auto& waiters = chain.nodes[root].waiters;
      if (root == own || !std::binary_search(waiters.begin(), waiters.end(), place)) continue;
      text += (text.empty() ? "" : ", ") + std::to_string(chain.nodes[root].id);
    }
    return text;
  }
  static std::size_t root_of(const LockChain& chain, std::size_t place) {
    while (chain.nodes[place].nearest != LockNode::kNobody) place = chain.nodes[place].nearest;
    return place;
  }

  const Words& words_;
  const std::string same_target_;  // for links: the page goes on showing the one that was asked for
  std::string page_;
};

struct Boards {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<LockBoard>> by_target;
};

Boards& boards() {
  static Boards all;
  return all;
}

}  // namespace

std::shared_ptr<LockBoard> open_lock_board(const std::string& target) {
  auto board = std::make_shared<LockBoard>();
  Boards& all = boards();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.by_target, [](const auto& each) { return each.second.expired(); });
  all.by_target[target] = board;
  return board;
}

std::shared_ptr<const LockPicture> picture_of(const std::string& target) {
  Boards& all = boards();
  const std::lock_guard lock(all.mutex);
  const auto found = all.by_target.find(target);
  const std::shared_ptr<LockBoard> board = found == all.by_target.end() ? nullptr : found->second.lock();
  return board ? board->get() : nullptr;
}

Language choose_language(std::string_view parameter, std::string_view accept_language) {
  if (parameter.starts_with("en")) return Language::english;
  if (parameter.starts_with("zh")) return Language::chinese;
  Language chosen = Language::chinese;
  double best = 0;
  for (FieldReader tags(accept_language, ','); !tags.done();) {
    FieldReader parts(tags.next(), ';');
    const std::string_view tag = trim(parts.next());
    const std::string_view weight = trim(parts.next());
    const double quality = weight.starts_with("q=") ? to_number<double>(weight.substr(2)).value_or(0) : 1;
    if (quality <= best || !(tag.starts_with("en") || tag.starts_with("zh"))) continue;
    best = quality;
    chosen = tag.starts_with("en") ? Language::english : Language::chinese;
  }
  return chosen;
}

std::string lock_page_html(const std::vector<LockView>& targets, WallTime now, Language language, std::string_view only) {
  return HtmlPage(language, only).write(targets, now);
}

}  // namespace finwatch::database
