// A file with exposition text that somebody else writes: read again only when it changed.
//
//   TextFile file("/var/lib/finwatch/backup.prom");
//   if (file.look(now, kMostBytes)) merge_again();
//   if (!file.problem()) use(file.text(), file.modified());
//
// Looking never hangs on a pipe or a device: nothing but a regular file is opened.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "core/clock.h"
#include "host/sources/prom_merge.h"
#include "host/sources/prom_text.h"

namespace finwatch::host {

class TextFile {
 public:
  explicit TextFile(std::string path) : path_(std::move(path)) {}

  /// True when what it holds or what is wrong with it may have changed. `most` is how many bytes it may have.
  bool look(WallTime now, std::size_t most);

  const std::string& path() const { return path_; }
  const PromText& text() const { return text_; }
  /// Why there is no text, and a sentence about it for the log.
  std::optional<TextfileProblem> problem() const { return problem_; }
  const std::string& message() const { return message_; }
  /// It went away between the listing of the folder and this look: nothing is wrong.
  bool gone() const { return gone_; }
  /// How many bytes were read: 0 with a problem.
  std::size_t size() const { return size_; }
  /// When it was last written, in whole seconds since 1970.
  time_t modified() const { return identity_ ? identity_->modified.tv_sec : 0; }

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    timespec changed{};
  };
  static bool same(const Identity& a, const Identity& b);

  bool absent(int error);
  std::optional<TextfileProblem> load(const struct stat& status, std::size_t most);
  std::optional<TextfileProblem> read(std::size_t most);
  std::optional<TextfileProblem> refuse(TextfileProblem problem, std::string message);

  std::string path_;
  std::optional<Identity> identity_;
  bool settled_ = false;
  bool gone_ = false;
  std::size_t size_ = 0;
  std::optional<TextfileProblem> problem_;
  std::string message_;
  PromText text_;
};

}  // namespace finwatch::host
