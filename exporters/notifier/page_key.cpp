#include "notifier/page_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/base64.h"
#include "core/files.h"
#include "core/text.h"
#include "crypto/crypto.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kLeastKey = 32;  // bytes

Error not_made(const std::string& file_name, int number) {
  return {Errc::config,
          "cannot make the key " + file_name + ": " + error_from_errno(number, "").message +
              "; make it yourself, readable by this program's user: (umask 077; head -c 32 /dev/urandom | base64 > " +
              file_name + ")"};
}

// All of it or nothing, and never over a key that is there: another instance may have been sooner.
Status make_key(const std::string& file_name) {
  std::array<unsigned char, kLeastKey> bytes{};
  secure_random().fill(bytes);
  const Secret text(to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) + "\n");
  std::array<unsigned char, 8> own{};
  secure_random().fill(own);
  const std::string fresh = file_name + ".new." + to_hex({reinterpret_cast<const char*>(own.data()), own.size()});
  Descriptor file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return not_made(file_name, errno);
  // Checked as root, used as somebody else: the key belongs to who has the folder.
  struct stat folder {};
  const std::size_t slash = file_name.rfind('/');
  const std::string folder_name = slash == std::string::npos ? "." : file_name.substr(0, slash + 1);
  const bool owned =
      geteuid() != 0 || (stat(folder_name.c_str(), &folder) == 0 && fchown(file.get(), folder.st_uid, folder.st_gid) == 0);
  const auto size = static_cast<ssize_t>(text.reveal().size());
  const bool written = owned && write(file.get(), text.reveal().data(), text.reveal().size()) == size && fsync(file.get()) == 0;
  // A link refuses to replace; where the file system has none, a rename.
  const bool placed = written && (link(fresh.c_str(), file_name.c_str()) == 0 || errno == EEXIST ||
                                  rename(fresh.c_str(), file_name.c_str()) == 0);
  const int number = errno;
  unlink(fresh.c_str());
  if (placed) return ok();
  return not_made(file_name, number);
}

}  // namespace

Result<Secret> kept_key(const std::string& file_name, const Env& env) {
  Result<std::string> text = read_file(file_name, 65536);
  if (!text && text.error().code == Errc::no_data) {
    if (Status status = make_key(file_name); !status) return status.error();
    env.log->info("made a key for links and sessions", {{"file", file_name}});
    text = read_file(file_name, 65536);
  }
  if (!text) return Error{Errc::config, text.error().message};
  if (trim(*text).size() >= kLeastKey) return Secret(std::string(trim(*text)));
  return Error{Errc::config, file_name + ": expected a key of at least 32 bytes, found " + std::to_string(trim(*text).size()) +
                                 "; remove the file and a new key is made: links and sessions of before end then"};
}

}  // namespace finwatch::notifier
