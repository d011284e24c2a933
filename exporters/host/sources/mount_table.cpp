#include "host/sources/mount_table.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <unordered_map>

#include "core/text.h"

namespace finwatch::host {
namespace {

constexpr std::chrono::seconds kLongestTrust{10};

/// The mounts that the first process sees are the machine's; hidepid and some containers hide them, then ours have to do.
std::string mountinfo_path(const Env& env) {
  const std::string first = env.proc("1/mountinfo");
  return ::access(first.c_str(), R_OK) == 0 ? first : env.proc("self/mountinfo");
}

std::string without_prefix(std::string path, std::string_view rootfs) {
  while (rootfs.size() > 1 && rootfs.ends_with('/')) rootfs.remove_suffix(1);
  if (rootfs == "/" || !std::string_view(path).starts_with(rootfs)) return path;
  if (path.size() == rootfs.size()) return "/";
  return path[rootfs.size()] == '/' ? path.substr(rootfs.size()) : path;
}

// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
bool parse_line(std::string_view line, std::string_view rootfs, MountEntry& entry) {
  FieldReader fields(line, ' ');
  const auto id = fields.next_number<std::uint64_t>();
  const auto parent = fields.next_number<std::uint64_t>();
  FieldReader device(fields.next(), ':');
  const auto major = device.next_number<std::uint32_t>();
  const auto minor = device.next_number<std::uint32_t>();
  const std::string_view root = fields.next();
  const std::string_view mount_point = fields.next();
  const std::string_view options = fields.next();
  if (!id || !parent || !major || !minor || mount_point.empty() || options.empty()) return false;
  std::string_view optional = fields.next();
  while (optional != "-") {
    if (fields.rest().empty()) return false;
    optional = fields.next();
  }
  const std::string_view fs_type = fields.next();
  const std::string_view source = fields.next();
  const std::string_view super_options = fields.next();
  if (fs_type.empty()) return false;
  entry.id = *id;
  entry.parent = *parent;
  entry.major = std::to_string(*major);
  entry.minor = std::to_string(*minor);
  entry.root = unescape_mount(root);
  entry.mount_point = without_prefix(unescape_mount(mount_point), rootfs);
  entry.source = unescape_mount(source);
  entry.fs_type = unescape_mount(fs_type);
  entry.emergency = has_mount_option(super_options, "emergency_ro");
  entry.read_only = entry.emergency || has_mount_option(options, "ro") || has_mount_option(super_options, "ro");
  return true;
}

// Of two mounts on one point the later one is on top, unless the earlier one says that it was mounted on the later one.
void mark_covered(std::vector<MountEntry>& entries) {
  std::unordered_map<std::string_view, MountEntry*> top;
  for (MountEntry& entry : entries) {
    MountEntry*& known = top[entry.mount_point];
    if (known != nullptr && known->parent == entry.id && known->id != entry.id) {
      entry.covered = true;
      continue;
    }
    if (known != nullptr) known->covered = true;
    known = &entry;
  }
}

}  // namespace

std::string unescape_mount(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '3' && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool has_mount_option(std::string_view options, std::string_view name) {
  for (FieldReader fields(options, ','); !fields.done();)
    if (fields.next() == name) return true;
  return false;
}

const MountEntry* MountList::find(std::string_view mount_point) const {
  for (const MountEntry& entry : entries)
    if (!entry.covered && entry.mount_point == mount_point) return &entry;
  return nullptr;
}

MountTable::MountTable(const Env& env) : rootfs_(env.rootfs), clock_(*env.clock), file_(mountinfo_path(env), ReadMode::to_end) {
  // Only an open of its own gets announcements: one that happened between open and the first read is then not lost.
  if (env.live_proc()) announcements_.reset(::open(file_.path().c_str(), O_RDONLY | O_CLOEXEC));
}

bool MountTable::may_have_changed() {
  if (!list_ || !announcements_ || clock_.steady() - read_at_ >= kLongestTrust) return true;
  pollfd watched{announcements_.get(), POLLPRI, 0};
  return ::poll(&watched, 1, 0) != 0;
}

Result<std::shared_ptr<const MountList>> MountTable::read(std::uint64_t scrape) {
  const std::lock_guard lock(mutex_);
  if (list_ && scrape == scrape_) return list_;
  if (!may_have_changed()) {
    scrape_ = scrape;
    return list_;
  }
  const Result<std::string_view> text = file_.read();
  if (!text) {
    list_.reset();  // the announcement is used up: the next scrape has to read in any case
    return text.error();
  }
  scrape_ = scrape;
  read_at_ = clock_.steady();
  if (list_ && *text == text_) return list_;
  auto list = std::make_shared<MountList>();
  for (LineReader lines(*text); const auto line = lines.next();) {
    MountEntry entry;
    if (parse_line(*line, rootfs_, entry)) list->entries.push_back(std::move(entry));
  }
  if (list->entries.empty() && !trim(*text).empty())
    return {Errc::malformed, file_.path() + ": expected lines such as '36 35 98:0 / /mnt rw - ext4 /dev/sda1 rw'"};
  mark_covered(list->entries);
  list->generation = ++generation_;
  text_ = *text;
  list_ = std::move(list);
  return list_;
}

}  // namespace finwatch::host
