#include "database/targets/lock_page.h"

#include <algorithm>
#include <map>

#include "web/query.h"

namespace finwatch::database {
namespace {

// Deeper and longer trees than anyone reads: the rest is a number.
constexpr std::size_t kMostDrawn = 300;
constexpr std::size_t kDeepestIndent = 12;

// What the page says.
constexpr Phrase kTitle{"锁等待", "Lock waits"};
constexpr Phrase kNone{"没有会话在等待锁。", "No session waits for a lock."};
constexpr Phrase kNever{"尚未采集。", "Not seen yet."};
constexpr Phrase kUp{"正常", "up"};
constexpr Phrase kDown{"不可用", "DOWN"};
constexpr Phrase kProblem{"采集失败", "not readable"};
constexpr Phrase kSeen{"采集于", "seen at"};
constexpr Phrase kAgo{"前", "ago"};
constexpr Phrase kWaiting{"个会话在等待", "sessions wait"};
constexpr Phrase kBlocks{"阻塞会话数", "sessions blocked"};
constexpr Phrase kRoot{"阻塞源头", "ROOT"};
constexpr Phrase kWaits{"已等待", "waiting"};
constexpr Phrase kForTable{"等待的表", "for table"};
constexpr Phrase kTransaction{"事务已开启", "transaction open"};
constexpr Phrase kLastStatement{"最后执行", "last ran"};
constexpr Phrase kStatement{"正在执行", "runs"};
constexpr Phrase kPid{"会话", "session"};
constexpr Phrase kPrepared{"两阶段提交的遗留事务", "a prepared transaction"};
constexpr Phrase kMore{"个会话未画出", "sessions are not drawn"};
constexpr Phrase kCircle{"循环等待", "a circle of waits"};
constexpr Phrase kAlso{"同时等待会话", "waits for these too:"};
constexpr Phrase kUnknown{"未知", "unknown"};
constexpr Phrase kNoTargets{"没有这样的目标。", "There is no such target."};
constexpr Phrase kApplication{"应用", "application"};
constexpr Phrase kFrom{"客户端", "client"};
constexpr Phrase kDatabase{"数据库", "database"};

constexpr std::string_view kStyle =
    "ol{list-style:none;margin:.6rem 0;padding:0}"
    "li{border-left:.3rem solid #bf8700;background:#f6f8fa;margin:.35rem 0;padding:.4rem .8rem}"
    "li.root{border-color:#cf222e;background:#ffebe9}b.wait,.root b.who{color:#a40e26}"
    "code{display:block;font:14px/1.4 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin-top:.2rem}"
    "span.part{margin-right:1.2rem;white-space:nowrap}"
    "@media(prefers-color-scheme:dark){li{background:#161b22}li.root{background:#3c1618}b.wait,.root b.who{color:#ff8182}}";

class HtmlPage {
 public:
  explicit HtmlPage(Language language) : language_(language) {}

  std::string write(const std::vector<LockView>& targets, WallTime now, std::string_view only) {
    page_ = page_head({.title = std::string(say(kTitle)),
                       .style = kStyle,
                       .note = utc(now),
                       .keep = only.empty() ? std::string() : "&amp;target=" + percent_encode(only),
                       .refresh_seconds = 15},
                      language_);
    if (targets.empty()) paragraph(say(kNoTargets));
    for (const LockView& target : targets) add_target(target, now);
    page_ += "</body>\n</html>\n";
    return std::move(page_);
  }

 private:
  std::string_view say(const Phrase& phrase) const { return phrase.in(language_); }
  void paragraph(std::string_view text) { page_ += "<p>" + as_text(text) + "</p>\n"; }
  void part(std::string_view name, std::string_view text, std::string_view kind = "b") {
    if (text.empty()) return;
    page_ += "<span class=\"part\">" + std::string(name) + (name.empty() ? "" : " ") + "<b class=\"" + std::string(kind) +
             "\">" + as_text(text) + "</b></span>";
  }

  void add_target(const LockView& target, WallTime now) {
    page_ += "<h2>" + as_text(target.target) + " <small class=\"quiet\">" + as_text(target.engine) + "</small>";
    if (target.up)
      page_ += " <span class=\"tag good\">" + std::string(say(kUp)) + "</span>";
    else if (!target.reason.empty())  // else nobody has asked yet
      page_ += " <span class=\"tag\">" + std::string(say(kDown)) + ": " + as_text(target.reason) + "</span>";
    page_ += "</h2>\n";
    if (!target.problem.empty()) paragraph(std::string(say(kProblem)) + ": " + target.problem);
    if (!target.picture) return paragraph(say(kNever));
    const LockPicture& picture = *target.picture;
    page_ += "<p class=\"quiet\">" + std::string(say(kSeen)) + " " + utc(picture.seen) + " (" +
             for_people(to_seconds(now) - to_seconds(picture.seen)) + " " + std::string(say(kAgo)) + ")</p>\n";
    if (picture.waiting == 0) return paragraph(say(kNone));
    page_ += "<p><b>" + std::to_string(picture.waiting) + " " + std::string(say(kWaiting)) + "</b></p>\n<ol>\n";
    std::size_t waiters = 0;
    for (std::size_t i = 0; i < std::min(picture.chain.drawn.size(), kMostDrawn); ++i) {
      const std::size_t place = picture.chain.drawn[i];
      add_session(picture, place);
      if (picture.chain.nodes[place].depth > 0) ++waiters;
    }
    page_ += "</ol>\n";
    if (picture.waiting > waiters) paragraph(std::to_string(picture.waiting - waiters) + " " + std::string(say(kMore)));
  }

  void add_session(const LockPicture& picture, std::size_t place) {
    const LockNode& node = picture.chain.nodes[place];
    const LockSession& session = picture.sessions[place];
    const bool is_root = node.nearest == LockNode::kNobody;
    const std::size_t indent = std::min(node.depth, kDeepestIndent);
    page_ += is_root ? "<li class=\"root\">" : "<li style=\"margin-left:" + std::to_string(indent * 2) + "rem\">└─ ";
    if (is_root) {
      page_ += "<span class=\"tag\">" + std::string(say(kRoot)) + "</span> ";
      if (node.in_circle) part("", say(kCircle));
      part(say(kBlocks), std::to_string(node.behind), "wait");
    } else {
      part(say(kWaits), session.wait_seconds ? for_people(*session.wait_seconds) : say(kUnknown), "wait");
      part(say(kForTable), session.table);
    }
    page_ += "<br>";
    part("", session.user.empty() ? say(kUnknown) : std::string_view(session.user), "who");
    part(say(kApplication), session.application, "who");
    part(say(kFrom), session.client);
    part(say(kDatabase), session.database);
    page_ += "<br>";
    part(say(kPid),
         session.pid > 0 ? std::to_string(session.pid) : std::string(session.pid == 0 ? say(kPrepared) : say(kUnknown)));
    part("", session.state);
    if (session.transaction_seconds) part(say(kTransaction), for_people(*session.transaction_seconds));
    if (const std::string others = other_blockers(picture.chain, place); !others.empty()) part(say(kAlso), others);
    if (!session.statement.empty())
      page_ += "<code>" + std::string(session.state == "active" ? say(kStatement) : say(kLastStatement)) + ": " +
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

  const Language language_;
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

std::string lock_page_html(const std::vector<LockView>& targets, WallTime now, Language language, std::string_view only) {
  return HtmlPage(language).write(targets, now, only);
}

}  // namespace finwatch::database
